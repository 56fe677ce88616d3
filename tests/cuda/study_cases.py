# SPDX-License-Identifier: Apache-2.0
"""A small study whose runs have the same load and other storage."""

from __future__ import annotations

from powermodel.ensemble import Study
from tests.ensemble.small_study import SCENARIO, small_study

BLOCKS = 2


def of_storages(latencies: list[str]) -> Study:
    """Return three numbers of units with each of some latencies."""
    made = {**SCENARIO, "time": {**SCENARIO["time"], "duration": "10.5 s"}}
    made["storage"] = {**made["storage"], "control": {"kind": "high-pass", "time_constant": "3 s"}}
    path = "storage.latency.communication"
    return small_study(
        scenario=made, seeds=1, measure={"after": "3 s", "windows": ["1 s"]},
        axes={"storage.units": [1, 2, 5], "latency": {"path": path, "values": latencies}},
    )  # fmt: skip
