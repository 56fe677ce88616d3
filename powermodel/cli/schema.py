# SPDX-License-Identifier: Apache-2.0
"""``powermodel schema``: what a scenario may say, for editors."""

from __future__ import annotations

from powermodel.cli.terminal import print_json


def schema() -> None:
    """Print the JSON Schema of a scenario, for editors."""
    from powermodel.scenario import Scenario

    print_json(Scenario.json_schema())
