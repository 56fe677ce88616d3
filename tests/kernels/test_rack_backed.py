# SPDX-License-Identifier: Apache-2.0
"""Backups that shave, and backups in the path of a rack, against arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.chain import RackSupply
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.rack.backed import BackedSupply
from powermodel_kernels.rack.backup import BackupSums, RackBackup
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import StoreSums
from tests.cuda.rack_cases import STORE, SUPPLY
from tests.kernels.racks import RATED_W, shelf

DT_S = 0.001


def walk(made: RackBackup, load_w: Any, available: Any = None) -> tuple[Any, ...]:
    """Take one rack through a load; return input, power, loss and energy, W and quanta."""
    load_w = np.atleast_2d(np.asarray(load_w, np.float32)).copy()
    there = np.ones(load_w.shape[1], bool) if available is None else available
    state, sums = made.initial(len(load_w), DT_S), BackupSums.zeros(load_w.shape[1])
    made.advance(state, there, load_w, DT_S, sums)
    return load_w, sums, state


def test_what_lies_above_the_level_comes_from_the_battery() -> None:
    load = np.repeat([2000.0, 2900.0, 2400.0], 50)
    made = shelf(shave_above_w=2500.0, recharge_efficiency=0.8)
    found, sums, _ = walk(made, load)
    assert found[0, :50].tolist() == [2000.0] * 50
    assert found[0, 50:100].tolist() == [2500.0] * 50
    assert (sums.power[50:100] == 400 * QUANTA_PER_W).all()
    # 20 J are missing; the 100 W of room put 80 W in.
    assert found[0, 100:] == pytest.approx(2500.0, abs=0.01)
    assert sums.loss[100:] / QUANTA_PER_W == pytest.approx(20.0, abs=0.01)


def test_a_backup_recharges_with_its_own_power_where_there_is_room() -> None:
    made = shelf(shave_above_w=2500.0, recharge_efficiency=0.8)
    found, _, _ = walk(made, np.repeat([2900.0, 1000.0], [100, 200]))
    # 40 J at 300 W take 133 steps; drawn with what is lost on the way.
    assert found[0, 100:233] == pytest.approx(1000.0 + 300.0 / 0.8, abs=0.01)
    assert (found[0, 234:] == 1000.0).all()


def test_shaving_stops_at_the_reserve_and_at_the_power_of_the_battery() -> None:
    made = shelf(shave_above_w=1000.0, duration_s=0.1, reserve=0.4)
    found, _, state = walk(made, np.full(200, 4500.0))
    # 3 kW of the 3.5 kW, for 0.06 s of the 0.1 s.
    assert (found[0, :60] == 1500.0).all()
    assert (found[0, 60:] == 4500.0).all()
    assert state.battery[0] == made.law(DT_S).reserve == round(0.4 * RATED_W * 100 * QUANTA_PER_W)


def test_an_outage_takes_the_reserve_too() -> None:
    made = shelf(shave_above_w=1000.0, duration_s=0.1, reserve=1.0)
    there = np.ones(150, bool)
    there[20:150] = False
    found, sums, _ = walk(made, np.full(150, RATED_W), there)
    assert (found[0, :20] == RATED_W).all()
    assert not sums.unserved[:134].any()


def test_without_a_battery_the_hold_up_alone_bridges() -> None:
    there = np.ones(100, bool)
    there[20:60] = False
    found, sums, state = walk(shelf(duration_s=0.0), np.full(100, RATED_W), there)
    assert np.flatnonzero(sums.unserved).tolist() == list(range(40, 60))
    # Back at once, and recharged 200 ms after that.
    assert found[0, 60:].tolist() == [RATED_W] * 40
    assert state.hold_up[0] == 0


@settings(max_examples=60, deadline=None)
@given(
    spans=st.lists(st.tuples(st.booleans(), st.integers(1, 60)), min_size=1, max_size=8),
    loads=st.lists(st.floats(0.0, 6000.0, width=32), min_size=8, max_size=8),
    level=st.floats(100.0, 5000.0),
    efficiency=st.floats(0.3, 1.0),
    reserve=st.floats(0.0, 1.0),
)
def test_energy_balances_exactly_while_shaving(
    spans: list[tuple[bool, int]], loads: list[float], level: float, efficiency: float,
    reserve: float,
) -> None:  # fmt: skip
    there = np.concatenate([np.full(n, one) for one, n in spans])
    load = np.repeat(loads[: len(spans)], [n for _, n in spans]).astype(np.float32)
    made = shelf(
        shave_above_w=level, duration_s=0.05, reserve=reserve, recharge_efficiency=efficiency
    )
    start = made.initial(1, DT_S)
    found, sums, _ = walk(made, load, there)
    stored = np.diff([int(start.hold_up[0] + start.battery[0]), *sums.energy])
    assert (-stored == sums.power + sums.loss).all()
    drawn = found[0][there] + sums.power[there] / QUANTA_PER_W
    np.testing.assert_allclose(drawn, load[there], rtol=1e-6, atol=2e-3)
    # Never above both load and level, but for what rounding to quanta and float32 leaves.
    assert (found[0][there] <= np.maximum(load[there], np.float32(level)) + 0.01).all()


BACKUP = RackBackup(264e3, 0.02, 0.004, 0.1, 0.03, 60e3, 30e3, 0.9)


def racks(n: int = 9, samples: int = 300) -> tuple[Any, Any, Any]:
    """Return held accelerators, their power, and when the input is there."""
    random = np.random.default_rng(5)
    held = np.full(n, 72, np.int32)
    held[-1] = 31
    levels = random.uniform(14e3, 100e3, (n, samples // 30))
    there = np.ones(samples, bool)
    there[40:90] = there[150:153] = False
    return held, np.repeat(levels, 30, axis=1).astype(np.float32), there


def advance(
    supply: RackSupply | StoredSupply, backup: RackBackup, there: Any
) -> tuple[Any, BackupSums, StoreSums]:
    held, power_w, _ = racks()
    made, n = BackedSupply(supply, backup), power_w.shape[1]
    store = supply.initial(held, DT_S) if isinstance(supply, StoredSupply) else None
    sums, store_sums = BackupSums.zeros(n), StoreSums.zeros(n)
    state = made.initial(len(held), DT_S)
    made.advance(state, store, held, there, power_w, DT_S, sums, store_sums)
    return power_w, sums, store_sums


@pytest.mark.parametrize("stored", [False, True], ids=["shelf alone", "with a store"])
def test_with_its_input_there_a_backed_rack_is_one_without(stored: bool) -> None:
    held, plain, there = racks()
    supply = StoredSupply(SUPPLY, STORE) if stored else SUPPLY
    if isinstance(supply, StoredSupply):
        supply.advance(supply.initial(held, DT_S), held, plain, DT_S, StoreSums.zeros(300))
    else:
        supply.advance(held, plain, DT_S)
    found, sums, _ = advance(supply, BACKUP, np.ones_like(there))
    assert found.tobytes() == plain.tobytes()
    assert not sums.power.any()


@pytest.mark.parametrize("stored", [False, True], ids=["shelf alone", "with a store"])
def test_what_racks_draw_and_their_stages_give_is_what_their_buses_take(stored: bool) -> None:
    supply = StoredSupply(SUPPLY, STORE) if stored else SUPPLY
    _, accelerators_w, there = racks()
    drawn, sums, store = advance(supply, BACKUP, there)
    held, *_ = racks()
    bus_w = (1 + SUPPLY.dynamic_ratio) * accelerators_w.sum(axis=0, dtype=np.float64)
    bus_w += SUPPLY.base_w * len(held) - SUPPLY.dynamic_ratio * SUPPLY.idle_w * held.sum()
    given = drawn.sum(axis=0, dtype=np.float64)
    given += (sums.power + store.power - store.supply_loss + sums.unserved) / QUANTA_PER_W
    np.testing.assert_allclose(given, bus_w, rtol=2e-7)
    assert not drawn[:, ~there].any()
    assert not store.supply_loss[~there].any()
    assert (store.supply_loss[there] > 0).all()


def test_a_run_in_pieces_is_the_whole_run() -> None:
    supply, there = StoredSupply(SUPPLY, STORE), racks()[2]
    whole, sums, store_sums = advance(supply, BACKUP, there)
    held, power_w, _ = racks()
    made = BackedSupply(supply, BACKUP)
    state, store = made.initial(len(held), DT_S), supply.initial(held, DT_S)
    parts, store_parts = BackupSums.zeros(300), StoreSums.zeros(300)
    for k in range(0, 300, 70):
        for rows in (slice(0, 4), slice(4, 9)):
            block = slice(k, k + 70)
            piece = np.ascontiguousarray(power_w[rows, block])
            made.advance(
                state.racks(rows.start, rows.stop), store.racks(rows.start, rows.stop),
                held[rows], there[block], piece, DT_S,
                BackupSums(*(one[block] for one in parts)),
                StoreSums(*(one[block] for one in store_parts)),
            )  # fmt: skip
            power_w[rows, block] = piece
    assert power_w.tobytes() == whole.tobytes()
    for one, other in zip((*sums, *store_sums), (*parts, *store_parts), strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"shave_above_w": 0.0}, "shave_above_w must be above 0, got 0.0"),
        ({"reserve": 1.2}, "reserve must be from 0 to 1, got 1.2"),
    ],
)
def test_bad_shaving_is_refused(changes: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        shelf(**changes)
