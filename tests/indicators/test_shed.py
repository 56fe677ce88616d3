# SPDX-License-Identifier: Apache-2.0
"""What an island did not serve, on made-up loads whose answers are known."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from powermodel.indicators.shed import Unserved, unserved

DT_S = 0.01
SITE: Any = SimpleNamespace(
    time=SimpleNamespace(dt=DT_S),
    placements=[SimpleNamespace(racks=10), SimpleNamespace(racks=6)],
    jobs=[SimpleNamespace(all_accelerators=1000), SimpleNamespace(all_accelerators=152)],
)
LOAD_W = 1e6 + 2e5 * np.sin(np.arange(3000) / 40.0)


def shares() -> np.ndarray:
    """Return a quarter off for 4 s, then all of it for 1 s."""
    off = np.zeros(LOAD_W.size)
    off[500:900] = 0.25
    off[2000:2100] = 1.0
    return off


def values(found: Unserved) -> dict[str, float | None]:
    return {one.name: one.value for one in found.indicators(SITE)}


def test_what_is_off_is_counted():
    found = Unserved()
    found.add(shares() * LOAD_W, LOAD_W)
    assert values(found) == pytest.approx({
        "shed_time": 5.0,
        "shed_energy": float((shares() * LOAD_W).sum()) * DT_S,
        "shed_racks": 16.0,
        "shed_work": (0.25 * 4.0 + 1.0) * 1152,
    })  # fmt: skip
    words = {one.name: one.display() for one in found.indicators(SITE)}
    assert words["shed_racks"] == "16 of 16"
    assert words["shed_work"] == "0.64 accelerator-hours"


def test_nothing_off_is_nothing_lost():
    found = Unserved()
    found.add(np.zeros(5), np.zeros(5))
    assert set(values(found).values()) == {0.0}


@given(st.lists(st.integers(0, LOAD_W.size), max_size=6))
def test_cuts_change_no_bit(cuts):
    whole, parts = Unserved(), Unserved()
    off = shares() * 0.7 * LOAD_W
    whole.add(off, LOAD_W)
    for first, stop in zip([0, *sorted(cuts)], [*sorted(cuts), LOAD_W.size], strict=True):
        parts.add(off[first:stop], LOAD_W[first:stop])
    assert parts == whole


@pytest.mark.parametrize("path", ["load", "poi"])
def test_it_is_the_share_of_the_load_before_storage(path):
    """With storage that is a series of its own; without, the load is what the POI sees."""
    time = np.arange(LOAD_W.size) * DT_S

    def power(values: np.ndarray) -> xr.Dataset:
        return xr.Dataset({"power": ("time", values)}, {"time": time})

    groups = {"poi": power(0.5 * LOAD_W), path: power(LOAD_W)}
    groups["supply"] = power(shares() * LOAD_W).rename(power="shed")
    found = {one.name: one for one in unserved(xr.DataTree.from_dict(groups), SITE)}
    assert found["shed_racks"].value == 16.0
    assert found["shed_work"].value == pytest.approx(2304.0)
