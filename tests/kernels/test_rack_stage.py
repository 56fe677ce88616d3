# SPDX-License-Identifier: Apache-2.0
"""Racks with stores as a stage: same bits for any parts of racks and time; sums; the supply."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel_kernels.bind import cpu
from powermodel_kernels.chain import RackSupply, add_to
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.conversion import loss_coefficients
from powermodel_kernels.parallel import nothing_taken
from powermodel_kernels.primitives import fma
from powermodel_kernels.rack import lanes
from powermodel_kernels.rack.stage import StoredSupply
from powermodel_kernels.rack.store import LoadLaw, StoreState, StoreSums
from tests.kernels.racks import PER_RACK, run, store_type

GB300 = RackSupply(19.6e3, 0.25, 200.0, 264e3, 0.975, 0.5)
STORE = store_type(
    charge_efficiency=0.98, discharge_efficiency=0.97, recovery_s=0.7, ramp_w_per_s=3000.0
)
DT_S = 0.001


def loads(racks: int, samples: int, seed: int = 0) -> Any:
    """Return accelerator power that swings for longer than the stores can hold, W."""
    random = np.random.default_rng(seed)
    levels = random.uniform(14e3, 100e3, (racks, -(-samples // 40)))
    return np.repeat(levels, 40, axis=1)[:, :samples].astype(np.float32)


def held_by(racks: int) -> Any:
    held = np.full(racks, PER_RACK, np.int32)
    held[-1] = 31
    return held


def whole(power_w: Any, workers: int = 1) -> tuple[Any, StoreSums, StoreState]:
    stage = StoredSupply(with_workers(workers), STORE)
    held, power_w = held_by(len(power_w)), power_w.copy()
    state, sums = stage.initial(held, DT_S), StoreSums.zeros(power_w.shape[1])
    stage.advance(state, held, power_w, DT_S, sums)
    return power_w, sums, state


def with_workers(workers: int) -> RackSupply:
    return RackSupply(19.6e3, 0.25, 200.0, 264e3, 0.975, 0.5, workers)


def same(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return all(x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


@settings(max_examples=30, deadline=None)
@given(
    racks=st.integers(1, 100),
    samples=st.integers(1, 300),
    batch=st.integers(1, 40),
    block=st.integers(1, 150),
    workers=st.sampled_from([1, 2, 3, 7]),
)
def test_parts_of_racks_and_time_and_threads_do_not_show(
    racks: int, samples: int, batch: int, block: int, workers: int
) -> None:
    power_w = loads(racks, samples)
    expected, expected_sums, expected_state = whole(power_w)
    stage, held = StoredSupply(with_workers(workers), STORE), held_by(racks)
    state, sums = stage.initial(held, DT_S), StoreSums.zeros(samples)
    for k in range(0, samples, block):
        # State is data: it can be put away between blocks.
        state = StoreState(*(column.copy() for column in state))
        for r in range(0, racks, batch):
            part = np.ascontiguousarray(power_w[r : r + batch, k : k + block])
            into = StoreSums(*(column[k : k + block] for column in sums))
            stage.advance(
                state.racks(r, r + batch), held[r : r + batch], part, DT_S, into
            )  # fmt: skip
            power_w[r : r + batch, k : k + block] = part
    assert power_w.tobytes() == expected.tobytes()
    assert same(sums, expected_sums)
    assert same(state, expected_state)


@settings(max_examples=15, deadline=None)
@given(racks=st.integers(1, 4), samples=st.integers(1, 80), seed=st.integers(0, 1000))
def test_compiled_equals_the_interpreter_bit_for_bit(racks: int, samples: int, seed: int) -> None:
    held, answers = held_by(racks), []
    stage = StoredSupply(GB300, STORE)
    for call in (lanes.step_stores, cpu(lanes.step_stores)):
        power_w, state = loads(racks, samples, seed), stage.initial(held, DT_S)
        sums = np.zeros((1, 3, samples), np.int64)
        load = LoadLaw(*GB300.load_coefficients())
        call(0, nothing_taken(), STORE.law(DT_S), load, state, held, power_w, sums)
        answers.append((power_w, sums, *state))
    assert same(*answers)


def test_a_store_that_holds_next_to_nothing_changes_next_to_nothing() -> None:
    power_w, plain = loads(5, 500), loads(5, 500)
    GB300.advance(held_by(5), plain, DT_S)
    tiny = StoredSupply(GB300, store_type(energy_j=1e-3))
    held = held_by(5)
    tiny.advance(tiny.initial(held, DT_S), held, power_w, DT_S, StoreSums.zeros(500))
    assert np.abs(power_w - plain).max() <= 72 * 1e-3 / DT_S * 1.05


def test_without_a_swing_the_store_leaves_the_supply_to_the_bit() -> None:
    flat = np.full((3, 100), 50e3, np.float32)
    plain = flat.copy()
    GB300.advance(held_by(3), plain, DT_S)
    found, sums, _ = whole(flat)
    assert found.tobytes() == plain.tobytes()
    assert not sums.power.any()


def test_sums_close_over_racks_load_and_losses() -> None:
    """Input = load − store power + losses of the shelves, each counted to a quantum per rack."""
    racks, samples = 40, 700
    power_w = loads(racks, samples)
    held = held_by(racks).astype(np.float64)[:, None]
    load_w = 19.6e3 + 1.25 * power_w.astype(np.float64) - 0.25 * 200.0 * held
    found, sums, _ = whole(power_w)
    total = np.zeros(samples, np.int64)
    add_to(total, found, 1)
    rest = total - (load_w.sum(axis=0) * QUANTA_PER_W - sums.power + sums.supply_loss)
    # Float32 holds 100 kW to 8 mW.
    assert np.abs(rest).max() <= racks * 12
    assert sums.power.any()
    assert (sums.supply_loss > 0).all()
    stored = np.diff(sums.energy) * STORE.quanta_per_count(DT_S)
    assert (stored == -(sums.power + sums.loss)[1:]).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.0, 150e3, width=32), min_size=1, max_size=12), st.integers(1, 72))
def test_the_supply_without_a_store_rounds_as_ever(power: list[float], held: int) -> None:
    """Operation by operation, in exact arithmetic rounded to float32."""
    power_w = np.array([power], np.float32)
    base, ratio, idle = (np.float32(x) for x in (19.6e3, 0.25, 200.0))
    p0, k = loss_coefficients(0.975, 0.5)
    constant, quadratic = np.float32(p0 * 264e3), np.float32(k / 264e3)
    rest = fma(-ratio * idle, np.float32(held), base)
    loads_w = [fma(np.float32(1.0) + ratio, p, rest) for p in power_w[0]]
    expected = [fma(quadratic * p, p, p + constant) for p in loads_w]
    GB300.advance(np.array([held], np.int32), power_w, DT_S)
    assert power_w[0].tobytes() == np.array(expected, np.float32).tobytes()


def test_losses_of_the_shelf_are_those_of_its_curve() -> None:
    shelf_w = np.full(10, 132e3)
    supply = RackSupply(0.0, 0.0, 0.0, 264e3, 0.975, 0.5)
    found = run(store_type(), shelf_w, supply=supply)
    lost_w = found.sums.supply_loss / QUANTA_PER_W
    np.testing.assert_allclose(lost_w, 132e3 / 0.975 - 132e3, rtol=1e-6)
    np.testing.assert_allclose(found.shelf_w, 132e3 / 0.975, rtol=1e-6)


def test_a_rack_that_is_filled_in_part_has_its_part_of_the_store() -> None:
    state = StoredSupply(GB300, STORE).initial(np.array([72, 31]), DT_S)
    joules = state.high * STORE.count_of(DT_S)
    assert joules == pytest.approx([4680.0, 31 * 65.0], abs=1e-5)
    assert state.discharge_w.tolist() == [144e3, 62e3]
