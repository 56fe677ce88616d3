# SPDX-License-Identifier: Apache-2.0
"""Reactive power on the way to the grid, and the power factor at the point of interconnection.

A converter sets the power factor at its own input and hides what lies behind; a transformer adds
what its magnetising and its leakage reactance take.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws.electrical import transformer_reactive
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.supply.waterfall import LossStage, Waterfall

_ZERO = np.float32(0.0)


def reactive_block(drawn: Any, delivered: Any, table: Any, start: Any, out: Any) -> None:
    """Fill the reactive power before every stage, last stage first in the electricity's order.

    Parameters
    ----------
    drawn, delivered
        Power, per unit of each stage's rating, float32 (stages, samples), grid first.
    table
        Rating of the next stage behind over its own, magnetising current, reactance, tangent of the
        angle at a converter's input (negative: none); float32 (stages, 4).
    start
        Reactive power behind the last stage, per unit of its rating, float32 (samples,).
    out
        Per unit of each stage's rating, (stages, samples).
    """
    last = table.shape[0] - 1
    for k in range(drawn.shape[1]):
        behind = start[k]
        for i in range(table.shape[0]):
            n = last - i
            behind = mul(behind, table[n, 0])
            p = delivered[n, k]
            apparent = np.float32(math.sqrt(fma(p, p, mul(behind, behind))))
            taken = behind + transformer_reactive(apparent, table[n, 1], table[n, 2])
            behind = taken if table[n, 3] < _ZERO else mul(drawn[n, k], table[n, 3])
            out[n, k] = behind


def reactive_power(
    stages: Sequence[LossStage], fall: Waterfall, behind_var: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Return the reactive power before every stage, var, (stages, samples), lagging positive.

    Parameters
    ----------
    stages
        In the order of the electricity, grid first.
    fall
        Their active power, from ``waterfall.loss_waterfall``.
    behind_var
        Reactive power behind the last stage, var (samples,); none unless given.
    """
    ratings = np.array([stage.rating_w for stage in stages])
    ratios = np.append(ratings[1:] / ratings[:-1], 1.0)
    rows = [
        (ratio, stage.magnetizing, stage.reactance,
         math.tan(math.acos(stage.power_factor)) if math.isfinite(stage.power_factor) else -1.0)
        for ratio, stage in zip(ratios, stages, strict=True)
    ]  # fmt: skip
    drawn = (fall.drawn_w / ratings[:, None]).astype(np.float32)
    delivered = (fall.delivered_w / ratings[:, None]).astype(np.float32)
    start = np.zeros(drawn.shape[1], np.float32)
    if behind_var is not None:
        start[:] = behind_var / ratings[-1]
    out = np.empty(drawn.shape, np.float32)
    cpu(reactive_block)(drawn, delivered, np.array(rows, np.float32), start, out)
    var: NDArray[np.float64] = out.astype(np.float64) * ratings[:, None]
    return var


def power_factor(active_w: NDArray[np.float64], reactive_var: NDArray[np.float64]) -> Any:
    """Return active over apparent power; 1 without any power."""
    apparent = np.hypot(active_w, reactive_var)
    return np.divide(active_w, apparent, out=np.ones_like(apparent), where=apparent > 0.0)
