# SPDX-License-Identifier: Apache-2.0
"""Where the power goes between the grid and the die: the loss of every stage, through time.

The walk starts at the accelerator modules, because their power is what is known. Module power (TDP,
TMP) already contains the regulators on the module: those stages are walked *inwards*, from the
module to the die, and never added again on the way *outwards* to the grid.

Power is counted in int64 quanta, and a stage draws exactly what it delivers plus what it loses, so
energy closes to the quantum, per stage and in total.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.electrical import stage_loss, stage_output
from powermodel_kernels.tables import F32, I64


class LossStage(NamedTuple):
    """One conversion stage, or all the units in parallel that share its load."""

    name: str
    rating_w: float
    """Rated output of all units together."""
    constant: float
    """p0, per unit of the rating."""
    linear: float
    quadratic: float
    on_module: bool = False
    """Whether its losses are contained in the module's power."""
    input_v: float = math.nan
    """Nominal voltage before the stage; NaN where it changes none."""
    output_v: float = math.nan
    reactance: float = 0.0
    """Of a transformer, per unit of the rating."""
    magnetizing: float = 0.0
    """Magnetising current of a transformer, per unit."""
    power_factor: float = math.nan
    """At the input of a converter, which sets it; NaN for stages that pass reactive power on."""


class Waterfall(NamedTuple):
    """Power before and after every stage, in the order of the electricity: grid first."""

    names: tuple[str, ...]
    drawn_w: NDArray[np.float64]
    """(stages, samples) W."""
    delivered_w: NDArray[np.float64]
    """(stages, samples) W."""

    @property
    def loss_w(self) -> NDArray[np.float64]:
        """Loss of every stage, (stages, samples) W."""
        return self.drawn_w - self.delivered_w


def walk_stages(power: Any, table: Any, outward: Any, passed: Any) -> None:
    """Pass power through stages, outwards by their loss or inwards by what they deliver.

    Parameters
    ----------
    power
        int64 quanta (samples,): what the first stage delivers (outwards) or draws (inwards).
    table
        float32 (stages, 5): rating in quanta, one over it, p0, a, k; first stage passed first.
    outward
        Whether the walk goes towards the grid.
    passed
        int64 quanta (stages, samples), filled: power beyond each stage.
    """
    for n in range(table.shape[0]):
        rating, per_rating = table[n, 0], table[n, 1]
        constant, linear, quadratic = table[n, 2], table[n, 3], table[n, 4]
        for k in range(power.size):
            have = power[k] if n == 0 else passed[n - 1, k]
            x = np.float32(have) * per_rating
            if outward:
                lost = stage_loss(x, constant, linear, quadratic)
                passed[n, k] = have + np.int64(lost * rating)
            else:
                kept = np.int64(stage_output(x, constant, linear, quadratic) * rating)
                passed[n, k] = min(kept, have)


def loss_waterfall(stages: Sequence[LossStage], module_w: NDArray[np.float64]) -> Waterfall:
    """Return power before and after every stage, for given module power.

    Parameters
    ----------
    stages
        In the order of the electricity, grid first; those on the module are the last ones.
    module_w
        Power of all accelerator modules, W: one operating point, or samples of time.

    Raises
    ------
    ValueError
        If a stage stands in the wrong place, has no rating, or would create power.
    """
    _check(stages, module_w)
    power = np.rint(np.asarray(module_w, np.float64) * QUANTA_PER_W).astype(np.int64)
    outer = [stage for stage in stages if not stage.on_module]
    inner = [stage for stage in stages if stage.on_module]
    before, behind = drawn_by(outer, power), delivered_by(inner, power)
    along_w = np.concatenate([before, power[None, :], behind]) / QUANTA_PER_W
    return Waterfall(tuple(stage.name for stage in stages), along_w[:-1], along_w[1:])


def drawn_by(stages: Sequence[LossStage], power: I64) -> I64:
    """Return what each stage draws, quanta (stages, samples), for what the last one delivers.

    Parameters
    ----------
    stages
        In the order of the electricity, grid first.
    power
        Behind the last stage, quanta (samples,).
    """
    passed = np.empty((len(stages), power.size), np.int64)
    cpu(walk_stages)(power, _table(stages[::-1]), True, passed)
    return passed[::-1]


def delivered_by(stages: Sequence[LossStage], power: I64) -> I64:
    """Return what each stage delivers, quanta (stages, samples), for what the first one draws.

    Parameters
    ----------
    stages
        In the order of the electricity, grid first.
    power
        Before the first stage, quanta (samples,), not negative.
    """
    passed = np.empty((len(stages), power.size), np.int64)
    cpu(walk_stages)(power, _table(stages), False, passed)
    return passed


def voltage_ratio(stages: Sequence[LossStage]) -> float:
    """Return the nominal voltage of the grid over that of the die: product over all stages."""
    return math.prod(
        stage.input_v / stage.output_v for stage in stages if math.isfinite(stage.output_v)
    )


def current_a(
    power_w: float, voltage_v: float, phases: int = 1, power_factor: float = 1.0
) -> float:
    """Return the current of a DC or three-phase conductor set, A.

    Parameters
    ----------
    power_w
        Active power, W.
    voltage_v
        DC, or line to line, V.
    phases
        1 for DC, 3 for three-phase.
    power_factor
        0 to 1, exclusive of 0.
    """
    return power_w / (voltage_v * math.sqrt(phases) * power_factor)


def _table(stages: Sequence[LossStage]) -> F32:
    rows = [
        (s.rating_w * QUANTA_PER_W, 1.0 / (s.rating_w * QUANTA_PER_W), s.constant, s.linear,
         s.quadratic)
        for s in stages
    ]  # fmt: skip
    return np.array(rows, np.float32).reshape(len(rows), 5)


def _check(stages: Sequence[LossStage], module_w: NDArray[np.float64]) -> None:
    inside = [stage.on_module for stage in stages]
    if inside != sorted(inside):
        raise ValueError(
            "stages on the module must come last: module power already contains their losses, "
            f"got the order {', '.join(stage.name for stage in stages)}"
        )
    for stage in stages:
        if not (stage.rating_w > 0.0 and math.isfinite(stage.rating_w)):
            raise ValueError(f"stage {stage.name!r} needs a rating above 0 W, got {stage.rating_w}")
        if min(stage.constant, stage.linear, stage.quadratic) < 0.0:
            raise ValueError(f"stage {stage.name!r} has a negative loss term: it would make power")
    if np.size(module_w) and not (np.min(module_w) >= 0.0):
        raise ValueError("module power must not be negative, and not NaN")
