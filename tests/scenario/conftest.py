# SPDX-License-Identifier: Apache-2.0
"""A small scenario that is right, to be changed by the tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from powermodel.errors import ScenarioError
from powermodel.scenario import Scenario

TEXT = """\
powermodel: 1
name: small
site:
  halls:
    - {name: north, rack: gb200-nvl72, racks: 4}
    - {name: south, rack: gb200-nvl72, racks: 2}
  overhead: {proportional: 0.05, constant: "20 kW"}
jobs:
  - name: train
    accelerators: 400
    group_size: 8
    program:
      iteration:
        - name: forward
          duration: "0.5 s"
          power: "0.95 TDP"
          spread: {sigma: 0.02, rho: 0.1}
        - name: all-reduce
          duration: "0.2 s"
          power: "600 W"
          barrier: job
          waiting_power: "0.4 TDP"
      checkpoint:
        every: "100 iterations"
        phases:
          - {name: save, duration: "2 s", power: idle}
      restart:
        - {name: reload, duration: "30 s", power: idle}
    failures: {scheduled: ["30 s"]}
time: {duration: "60 s", dt: "1 ms"}
"""


@pytest.fixture
def text() -> str:
    return TEXT


@pytest.fixture
def plain() -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(TEXT)
    return data


@pytest.fixture
def small() -> Scenario:
    return Scenario.from_yaml(TEXT)


def change(data: dict[str, Any], path: str, value: Any) -> None:
    """Set, or with `...` delete, what is at a dotted path."""
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    node: Any = data
    for part in parents:
        node = node[part]
    if value is ...:
        del node[last]
    else:
        node[last] = value


@pytest.fixture
def refuse(plain: dict[str, Any]) -> Callable[..., str]:
    """Return the message that a scenario with the changes is refused with."""

    def message(changes: dict[str, Any]) -> str:
        for path, value in changes.items():
            change(plain, path, value)
        with pytest.raises(ScenarioError) as caught:
            Scenario.from_dict(plain)
        assert caught.value.exit_code == 2
        return str(caught.value)

    return message
