# SPDX-License-Identifier: Apache-2.0
"""The coupled mode of supplies and UPS: it amplifies slow swings of load and swallows fast ones.

Bus capacitance, supply control and UPS control together act as one second-order mode between the
load and what is drawn: ω²/(s² + 2ζω·s + ω²). Off unless asked for: it belongs to one chain.

Supplies feed nothing back: where the mode would swing below zero, they draw nothing and the
capacitors carry the load.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.oscillator import oscillator_matrix, oscillator_step
from powermodel_kernels.primitives import mul
from powermodel_kernels.tables import F32, I64

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


@dataclass(frozen=True, slots=True)
class ChainMode:
    """The mode of a chain.

    Parameters
    ----------
    frequency_hz, damping
        Of the mode; damping ratio above 0 and below 1.
    rating_w
        Any power of the chain's size, W: scales the floating-point state.
    """

    frequency_hz: float
    damping: float
    rating_w: float

    def __post_init__(self) -> None:
        if not (self.frequency_hz > 0.0 and 0.0 < self.damping < 1.0 and self.rating_w > 0.0):
            raise ValueError(
                "a chain's mode needs a frequency above 0 Hz, a damping ratio between 0 and 1 and "
                f"a rating above 0 W, got {self.frequency_hz:g} Hz, {self.damping:g}, "
                f"{self.rating_w:g} W"
            )

    def gain(self, hz: float) -> float:
        """Return by how much a swing of this frequency is amplified."""
        r = hz / self.frequency_hz
        return 1.0 / math.hypot(1.0 - r * r, 2.0 * self.damping * r)

    def at_rest(self, power: int) -> tuple[F32, I64]:
        """Return the state after a long time at ``power`` quanta."""
        return np.zeros(2, np.float32), np.array([power], np.int64)

    def advance(
        self, state: tuple[F32, I64], power: I64, dt_s: float
    ) -> tuple[tuple[F32, I64], I64]:
        """Return the state after the last sample, and the power drawn, quanta.

        Parameters
        ----------
        state
            Before the first sample; not changed.
        power
            Behind the mode, quanta (samples,), held from sample to sample.
        dt_s
            Step, s.
        """
        gap, last = state[0].copy(), state[1].copy()
        out = np.empty(power.size, np.int64)
        matrix = oscillator_matrix(2.0 * math.pi * self.frequency_hz, self.damping, dt_s)
        rating = np.float32(self.rating_w * QUANTA_PER_W)
        cpu(mode_block)(
            power, np.array(matrix, np.float32), rating, np.float32(1.0) / rating, gap, last, out
        )
        return (gap, last), out


def mode_block(
    power: Any, matrix: Any, rating: Any, per_rating: Any, gap: Any, last: Any, out: Any
) -> None:
    """Step the gap between what is drawn and what is asked for; at rest it is exactly zero.

    A sample is the mean over its step, by the trapezoid rule: energy does not depend on the step,
    and what follows sees neither lead nor lag.
    """
    row = (matrix[0], matrix[1], matrix[2], matrix[3])
    x, v, before = gap[0], gap[1], last[0]
    for k in range(power.size):
        x = x - mul(np.float32(power[k] - before), per_rating)
        before = power[k]
        start = x
        x, v = oscillator_step(x, v, _ZERO, row)
        empty = -mul(np.float32(power[k]), per_rating)
        if x < empty:
            x, v = empty, max(v, _ZERO)
        out[k] = max(power[k] + np.int64(mul(_HALF * (start + x), rating)), np.int64(0))
    gap[0], gap[1], last[0] = x, v, before
