# SPDX-License-Identifier: Apache-2.0
"""The page about the kernels says what is recorded."""

from __future__ import annotations

import json
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "cuda.md"
RECORD = Path(__file__).with_name("resources.json")


def test_resources_on_the_page_are_those_recorded() -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if "| sm_" in line]
    numbers = [
        f"| `{kernel}` | {architecture} | {' | '.join(map(str, found.values()))} |"
        for kernel, by_architecture in recorded.items()
        for architecture, found in by_architecture.items()
    ]
    assert [row for row in rows if row.count("sm_") == 1] == numbers
