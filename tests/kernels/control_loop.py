# SPDX-License-Identifier: Apache-2.0
"""A controller on an ideal store: no lag, no loss, a pure delay; what its closed forms assume."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import inlined
from powermodel_kernels.control.record import Plant
from powermodel_kernels.control.registry import BUILT_IN, Registry
from powermodel_kernels.control.signal import Control, Memory, Signal
from powermodel_kernels.tables import F32

LAWS = Registry(BUILT_IN)
NO_CARE = {"soc_power_share": 0.0}
"""Parameters under which a law leaves the charge alone."""

PERIOD_S = 0.01
"""Between two ticks, where a test needs no other."""
NEEDED: dict[str, dict[str, float]] = {
    "moving-average": {"window": 0.37},
    "high-pass": {"time_constant": 2.0},
    "ramp-limit": {"ramp": 5e7},
    "feed-forward": {"window": 0.5},
    "repetitive": {"job_period": 0.7},
}
"""Parameters without which a law cannot be made."""


class Seen(NamedTuple):
    """What a law is shown, one element a tick."""

    load: F32
    forecast: F32
    frequency: F32
    soc: F32
    main_limit: np.float32
    fast_limit: np.float32
    period: np.float32


def seen(
    load: Any, period_s: float, *, forecast: Any = 0.0, frequency: Any = 60.0, soc: Any = 0.5,
    main_w: float = 1e12, fast_w: float = 0.0,
) -> Seen:  # fmt: skip
    """Return what a law is shown; scalars hold at every tick."""
    load = np.asarray(load, np.float32)
    full = [np.broadcast_to(np.float32(x), load.shape).copy() for x in (forecast, frequency, soc)]
    return Seen(
        load, full[0], full[1], full[2],
        np.float32(main_w), np.float32(fast_w), np.float32(period_s),
    )  # fmt: skip


def _walk(law: Any, shown: Any, parameters: Any, memory: Any, out: Any) -> None:
    half, zero = np.float32(0.5), np.float32(0.0)
    for k in range(shown.load.size):
        signal = Signal(
            shown.load[k], shown.load[k], zero, shown.soc[k], shown.main_limit, shown.main_limit,
            half, shown.fast_limit, shown.fast_limit, shown.forecast[k], shown.frequency[k],
            shown.period,
        )  # fmt: skip
        out[k, 0], out[k, 1] = law(signal, parameters, memory)


@cache
def _compiled(law: Any) -> Any:
    fast = inlined(law)
    walk = numba.njit(_walk)

    @numba.njit
    def run(shown: Any, parameters: Any, memory: Any, out: Any) -> None:
        walk(fast, shown, parameters, memory, out)

    return run


def commands(control: Control, shown: Seen, memory: Memory | None = None) -> NDArray[np.float32]:
    """Return (main, fast) at every tick, W, from the compiled law."""
    out = np.empty((shown.load.size, 2), np.float32)
    memory = control.memory() if memory is None else memory
    _compiled(control.law)(shown, control.parameters, memory, out)
    return out


def interpreted(control: Control, shown: Seen, memory: Memory) -> NDArray[np.float32]:
    """Return (main, fast) at every tick, W, from the plain law: the oracle of the compiled one."""
    out = np.empty((shown.load.size, 2), np.float32)
    _walk(control.law, shown, control.parameters, memory, out)
    return out


def made(
    name: str, period_s: float, *, latency_s: float = 0.0, power_w: float = 1e9,
    energy_j: float = 1e12, fast_w: float = 0.0, fast_latency_s: float = 0.0, **given: float,
) -> Control:  # fmt: skip
    """Return a law made ready, with its charge left alone unless told otherwise."""
    plant = Plant(period_s, latency_s, power_w, energy_j, fast_w, 10.0 * fast_w, fast_latency_s)
    return LAWS.control(name, NO_CARE | given, plant)


def left_after(load: Any, command: Any, delay: int, fast: int = -1) -> NDArray[np.float64]:
    """Return the power at the point of interconnection when commands take `delay` ticks.

    Those of the fast device take `fast`, if given.
    """
    left = np.asarray(load, np.float64).copy()
    for column, ticks in enumerate((delay, delay if fast < 0 else fast)):
        left[ticks:] -= np.asarray(command[: left.size - ticks, column], np.float64)
    return left
