# SPDX-License-Identifier: Apache-2.0
"""Losses of every stage at given loads, the waterfall, and the figures that must come out of it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

import powermodel_datasets as facts
from powermodel_datasets.supply_kinds import SLOTS
from powermodel_kernels.laws.electrical import (
    linear_form,
    stage_loss,
    stage_output,
    transformer_reactive,
)
from powermodel_kernels.supply.waterfall import (
    LossStage,
    current_a,
    loss_waterfall,
    voltage_ratio,
)

VOLTAGES = ("transmission", "medium", "distribution", "distribution", "distribution", "rack")


def f(*numbers: float) -> tuple[np.float32, ...]:
    return tuple(np.float32(x) for x in numbers)


def stage_of(name: str) -> tuple[float, float, float]:
    record = facts.load("loss-stage", name)
    return tuple(record[x].value for x in ("constant_loss", "linear_loss", "quadratic_loss"))


def chain_of(architecture: str, module_w: float, load: float = 0.5) -> list[LossStage]:
    """Build the chain of an architecture, each stage rated for ``module_w`` at a share ``load``."""
    record = facts.load("architecture", architecture)
    names = ("transmission", "medium", "distribution", "rack", "tray", "die")
    volts = {name: record[f"{name}_voltage"].value for name in names}
    ends = {
        "transmission": ("transmission", "medium"),
        "distribution": ("medium", "distribution"),
        "rack": ("distribution", "rack"),
        "tray": ("rack", "tray"),
        "module": ("tray", "die"),
    }
    stages = []
    for slot in SLOTS:
        before, after = (volts[end] for end in ends.get(slot, ("die", "die")))
        kept = slot in ends
        stages.append(
            LossStage(
                slot, module_w / load, *stage_of(record.link(slot)), slot == "module",
                before if kept else math.nan, after if kept else math.nan,
            )
        )  # fmt: skip
    return stages


@pytest.mark.parametrize("load", [0.1, 0.5, 1.0])
def test_transformer_loses_what_its_two_losses_say(load: float) -> None:
    p0, a, k = stage_of("transformer-mv")
    expected_w = 2900 + 11700 * load**2
    assert 2.5e6 * stage_loss(*f(load, p0, a, k)) == pytest.approx(expected_w, rel=1e-6)


def test_transformer_at_half_load_has_its_efficiency() -> None:
    loss = float(stage_loss(*f(0.5, *stage_of("transformer-mv"))))
    assert 0.5 / (0.5 + loss) == pytest.approx(0.9953, abs=1e-4)


@pytest.mark.parametrize(
    ("load", "efficiency"), [(0.1, 0.90), (0.25, 0.955), (0.5, 0.973), (0.75, 0.975), (1, 0.97)]
)
def test_ups_has_its_usual_shape(load: float, efficiency: float) -> None:
    loss = float(stage_loss(*f(load, *stage_of("ups-double-conversion"))))
    assert load / (load + loss) == pytest.approx(efficiency, abs=3e-3)


@pytest.mark.parametrize(
    ("constant_w", "efficiency", "output_w"), [(17, 0.96, 9000), (13, 0.98, 2000)]
)
def test_straight_lines_of_the_frontier_system(
    constant_w: float, efficiency: float, output_w: float
) -> None:
    p0, a = linear_form(constant_w, efficiency, 12e3)
    drawn_w = output_w + 12e3 * float(stage_loss(*f(output_w / 12e3, p0, a, 0)))
    assert drawn_w == pytest.approx((output_w + constant_w) / efficiency, rel=1e-6)


@settings(deadline=None)
@given(st.floats(0, 1.2), st.floats(0, 0.02), st.floats(0, 0.05), st.floats(0, 0.1))
def test_what_a_stage_delivers_is_its_loss_solved_backwards(
    drawn: float, p0: float, a: float, k: float
) -> None:
    got = float(stage_output(*f(drawn, p0, a, k)))
    if drawn <= p0:
        assert got == pytest.approx(0, abs=1e-6)
    else:
        exact = brentq(lambda p: p + p0 + a * p + k * p * p - drawn, 0, 2, xtol=1e-12)
        assert got == pytest.approx(exact, abs=3e-7)


def test_transformer_takes_reactive_power_with_the_square_of_its_load() -> None:
    assert float(transformer_reactive(*f(0.5, 0.003, 0.1))) == pytest.approx(0.028, rel=1e-6)


@pytest.mark.parametrize("architecture", facts.names("architecture"))
def test_330_kv_to_0_8_v_is_412500_to_one(architecture: str) -> None:
    assert voltage_ratio(chain_of(architecture, 1e9)) == pytest.approx(412_500)


def test_a_gigawatt_on_the_die_is_1_25_gigaampere() -> None:
    chain = chain_of("ac-415v", 1e9)
    module_w = brentq(
        lambda w: loss_waterfall(chain, np.array([w])).delivered_w[-1, 0] - 1e9, 0.9e9, 1.3e9
    )
    die_w = loss_waterfall(chain, np.array([module_w])).delivered_w[-1, 0]
    assert current_a(die_w, chain[-1].output_v) == pytest.approx(1.25e9, rel=1e-6)


def test_three_phases_share_the_current() -> None:
    assert current_a(1e6, 415, 3, 0.99) == pytest.approx(1e6 / (math.sqrt(3) * 415 * 0.99))


def test_grid_to_die_is_the_product_of_the_published_efficiencies() -> None:
    """0.996 x 0.995 x 0.975 x 0.975 x 0.97 x 0.90: about 0.82, here with a busway of 0.9975."""
    fall = loss_waterfall(chain_of("ac-415v", 1e9), np.array([1e9]))
    got = fall.delivered_w[-1, 0] / fall.drawn_w[0, 0]
    assert got == pytest.approx(0.996 * 0.995 * 0.975 * 0.975 * 0.97 * 0.90, abs=0.01)


@pytest.mark.parametrize("architecture", facts.names("architecture"))
def test_energy_closes_per_stage_and_in_total(architecture: str) -> None:
    module_w = np.random.default_rng(4).uniform(1e6, 1e9, 200)
    fall = loss_waterfall(chain_of(architecture, 1e9), module_w)
    assert fall.names == SLOTS
    assert np.array_equal(fall.delivered_w[:-1], fall.drawn_w[1:])
    assert np.array_equal(fall.drawn_w[0], fall.delivered_w[-1] + fall.loss_w.sum(axis=0))
    assert (fall.loss_w >= 0).all()


def test_module_losses_are_inside_module_power() -> None:
    """Without the regulators on the module the grid sees the same: they are not added again."""
    chain = chain_of("ac-415v", 1e8)
    whole = loss_waterfall(chain, np.array([1e8]))
    without = loss_waterfall(chain[:-1], np.array([1e8]))
    assert whole.drawn_w[0, 0] == without.drawn_w[0, 0]
    assert whole.drawn_w[-1, 0] == 1e8
    assert whole.delivered_w[-1, 0] < 0.92e8


def test_each_loss_is_that_of_its_own_law() -> None:
    chain = chain_of("dc-800v", 2e8)
    fall = loss_waterfall(chain, np.array([1.7e8]))
    for stage, out_w, loss_w in zip(chain, fall.delivered_w[:, 0], fall.loss_w[:, 0], strict=True):
        p = out_w / stage.rating_w
        expected = stage.constant + stage.linear * p + stage.quadratic * p * p
        assert loss_w == pytest.approx(expected * stage.rating_w, rel=2e-6, abs=20)


@pytest.mark.parametrize(
    ("stages", "module_w", "message"),
    [
        ([LossStage("a", 1, 0, 0, 0, True), LossStage("b", 1, 0, 0, 0)], 1, "must come last"),
        ([LossStage("a", 0, 0, 0, 0)], 1, "'a' needs a rating above 0 W"),
        ([LossStage("a", 1, -0.1, 0, 0)], 1, "negative loss term"),
        ([LossStage("a", 1, 0, 0, 0)], -1, "must not be negative"),
        ([LossStage("a", 1, 0, 0, 0)], math.nan, "not NaN"),
    ],
)
def test_bad_chains_are_refused(stages: list[LossStage], module_w: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        loss_waterfall(stages, np.array([module_w], float))
