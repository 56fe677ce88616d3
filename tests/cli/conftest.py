# SPDX-License-Identifier: Apache-2.0
"""A small scenario, and made-up stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.made_store import write_store

SMALL = """\
powermodel: 1
name: small
site:
  halls: [{name: north, rack: gb200-nvl72, racks: 2}]
jobs:
  - name: train
    accelerators: 144
    program:
      iteration:
        - name: compute
          duration: "1 s"
          power: "0.9 TDP"
          spread: {sigma: 0.03, rho: 0.2}
          barrier: job
          waiting_power: "0.4 TDP"
        - {name: all-reduce, duration: "0.5 s", power: "0.3 TDP"}
time: {duration: "40 s", dt: "5 ms", fastest_response: "50 ms"}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(SMALL)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return write_store(tmp_path / "made.zarr")


@pytest.fixture
def part_of_a_store(tmp_path: Path) -> Path:
    return write_store(tmp_path / "part.zarr", blocks=2)
