# SPDX-License-Identifier: Apache-2.0
"""From the accelerators of a rack to the halls: stages in the order of the electricity.

A stage takes power per node and hands on power per node, with a state that it is given and gives
back; a run can stop after any block and go on. Here is the stage without memory, the rack supply;
``rack`` holds those of a rack that remember.
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from powermodel_kernels import reused
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.laws.conversion import input_power, loss, loss_coefficients
from powermodel_kernels.laws.rack_load import bus_load, rest_power
from powermodel_kernels.parallel import each, on_threads
from powermodel_kernels.primitives import fma
from powermodel_kernels.tables import F32, I32, I64

_HALF = np.float32(0.5)
_QUANTA = np.float32(QUANTA_PER_W)
# Samples that a thread takes at a time.
_STRETCH = 512
_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)


class Stage(Protocol):
    """One stage of the chain, for nodes (racks, halls) in parallel."""

    def initial(self, nodes: int) -> Any:
        """Return the state of ``nodes`` nodes at the beginning of a run."""
        ...

    def advance(self, state: Any, power_w: F32, dt_s: float) -> Any:
        """Turn the power behind the stage, (nodes, samples) W, into the power before it.

        Works in place and returns the state after the last sample.
        """
        ...


@dataclass(frozen=True, slots=True)
class RackSupply:
    """A rack's other consumers and its power supplies, both without memory.

    Parameters
    ----------
    base_w
        Power of what is not accelerators, with all accelerators idle.
    dynamic_ratio
        Watts of the rest per accelerator watt above idle.
    idle_w
        Power of one accelerator without work.
    rating_w
        Rating of the rack's supplies together.
    peak_efficiency, peak_load
        Highest efficiency, and the share of the rating at which it is reached.
    workers
        Threads; the result does not depend on it.
    """

    base_w: float
    dynamic_ratio: float
    idle_w: float
    rating_w: float
    peak_efficiency: float
    peak_load: float
    workers: int = 1

    def initial(self, nodes: int) -> I32:
        """Return the state: how many accelerators each rack holds, to be filled by the caller."""
        return np.zeros(nodes, np.int32)

    def advance(self, state: I32, power_w: F32, dt_s: float) -> I32:
        """See ``Stage``. The state does not change."""
        on_threads(
            supply_power, self.workers, power_w, state, *self.load_coefficients(),
            *self.loss_coefficients(),
        )  # fmt: skip
        return state

    def load_coefficients(self) -> tuple[np.float32, np.float32, np.float32]:
        """Return (base, ratio, idle) of ``laws.rack_load``."""
        return np.float32(self.base_w), np.float32(self.dynamic_ratio), np.float32(self.idle_w)

    def loss_coefficients(self) -> tuple[np.float32, np.float32]:
        """Return (constant, quadratic) of ``laws.conversion`` for the shelves of one rack."""
        p0, k = loss_coefficients(self.peak_efficiency, self.peak_load)
        return np.float32(p0 * self.rating_w), np.float32(k / self.rating_w)


def supply_power(
    _thread: Any, taken: Any, power_w: Any, accelerators: Any, base: Any, ratio: Any, idle: Any,
    constant: Any, quadratic: Any,
) -> None:  # fmt: skip
    """Turn accelerator power into the power that each rack draws, in place."""
    for r in each(taken, 1, power_w.shape[0]):
        row = power_w[r]
        rest = rest_power(accelerators[r], base, ratio, idle)
        for k in range(row.size):
            row[k] = input_power(bus_load(row[k], ratio, rest), constant, quadratic)


def shelf_input(
    _thread: Any, taken: Any, power_w: Any, constant: Any, quadratic: Any, losses: Any
) -> None:
    """Turn what each shelf gives into what it draws, in place, and add up what shelves lose.

    A thread takes a stretch of time, so no two write to the same sum of ``losses``, int64 quanta.
    """
    for a in each(taken, _STRETCH, power_w.shape[1]):
        b = min(a + _STRETCH, power_w.shape[1])
        into = losses[a:b]
        for r in range(power_w.shape[0]):
            row = power_w[r, a:b]
            for k in range(row.size):
                lost = loss(row[k], constant, quadratic)
                into[k] += np.int64(np.int32(fma(lost, _QUANTA, _HALF)))
                row[k] = input_power(row[k], constant, quadratic)


def to_watts(_thread: Any, taken: Any, power: Any, out: Any) -> None:
    """Turn quanta, int32 (nodes, samples), into W, float32."""
    for r in each(taken, 1, power.shape[0]):
        source, target = power[r], out[r]
        for k in range(source.size):
            target[k] = np.float32(source[k]) * _W_PER_QUANTUM


def add_nodes(_thread: Any, taken: Any, power_w: Any, total: Any) -> None:
    """Add the power of all nodes, float32 W (nodes, samples), to ``total`` int64 quanta.

    Each node is rounded to quanta first, so the sum does not depend on its order. A thread takes a
    stretch of time, so no two write to the same sum.
    """
    for a in each(taken, _STRETCH, power_w.shape[1]):
        b = min(a + _STRETCH, power_w.shape[1])
        into = total[a:b]
        for r in range(power_w.shape[0]):
            row = power_w[r, a:b]
            for k in range(into.size):
                into[k] += np.int64(np.int32(fma(row[k], _QUANTA, _HALF)))


def watts(power: I32, workers: int) -> F32:
    """Return quanta, int32 (nodes, samples), as W, float32."""
    out = reused.empty(power.shape, np.float32)
    on_threads(to_watts, workers, power, out)
    return out


def add_to(total: I64, power_w: F32, workers: int) -> None:
    """Add the power of all nodes to ``total``, see ``add_nodes``."""
    on_threads(add_nodes, workers, power_w, total)
