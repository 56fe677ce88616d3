# SPDX-License-Identifier: Apache-2.0
"""One loop over arrays for each law of power smoothing, as in ``loops``."""

from __future__ import annotations

from typing import Any

from powermodel_kernels.laws.smoothing import (
    active_until,
    capped,
    course,
    ramp_ticks,
    reached,
    wanted_power,
)


def each_course(
    smoothed: Any, wanted: Any, raw: Any, now: Any, hold_end: Any, hold: Any, up: Any, down: Any,
    out: Any,
) -> None:  # fmt: skip
    for i in range(smoothed.size):
        begin, aim, slope, stop, end = course(
            smoothed[i],
            max(wanted[i], raw[i]),
            raw[i],
            now[i],
            hold_end[i],
            hold[i],
            up[i],
            down[i],
        )
        out[i, 0], out[i, 1], out[i, 2], out[i, 3], out[i, 4] = begin, aim, slope, stop, end


def each_active_until(
    was_until: Any, was_above: Any, is_above: Any, now: Any, act: Any, tar: Any, out: Any
) -> None:
    for i in range(out.size):
        out[i] = active_until(
            was_until[i], was_above[i] > 0, is_above[i] > 0, now[i], act[i], tar[i]
        )


def each_wanted_power(raw: Any, active: Any, primary: Any, secondary: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = wanted_power(raw[i], active[i] > 0, primary[i], secondary[i])


def each_capped(target: Any, cap: Any, gain: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = capped(target[i], cap[i], gain[i])


def each_ramp_ticks(gap: Any, rate: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = ramp_ticks(gap[i], rate[i])


def each_reached(begin: Any, aim: Any, slope: Any, ticks: Any, arrives: Any, out: Any) -> None:
    for i in range(out.size):
        out[i] = reached(begin[i], aim[i], slope[i], ticks[i], arrives[i] > 0)
