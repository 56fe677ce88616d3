# SPDX-License-Identifier: Apache-2.0
"""From SI numbers to the flat tables of the fleet kernels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from powermodel_kernels.bind import cpu
from powermodel_kernels.constants import (
    BARRIER_GROUP,
    BARRIER_JOB,
    BARRIER_NONE,
    FIXED,
    LOGNORMAL,
    MAX_RACK_QUANTA,
    QUANTA_PER_W,
    TICKS_PER_S,
)
from powermodel_kernels.fleet.lanes import host_slowness, rating_scales
from powermodel_kernels.fleet.smoothing import NO_CAP, Smoothing
from powermodel_kernels.laws.response import time_constant
from powermodel_kernels.laws.smoothing import FINE_BITS, GAIN_BITS
from powermodel_kernels.tables import Fleet, Lanes, Programs

# The largest normal number that laws.normal can give.
_MAX_NORMAL = 6.34


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of a program, durations in ticks, powers in W."""

    mean_ticks: int
    level_w: float
    waiting_w: float = 0.0
    distribution: int = FIXED
    sigma: float = 0.0
    rho: float = 0.0
    barrier: int = BARRIER_NONE


@dataclass(frozen=True, slots=True)
class Response:
    """Electrical response of one accelerator: 10-90 % times in s, overshoot per upward step."""

    rise_time_s: float
    fall_time_s: float
    overshoot: float = 0.0
    overshoot_time_s: float = 0.0
    """Time constant of the overshoot's decay."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How one job's accelerators hang together."""

    lanes: int
    group_size: int = 1
    unit: int = BARRIER_JOB
    """Who ends every program together: BARRIER_JOB, BARRIER_GROUP or BARRIER_NONE (each alone)."""
    stages: int = 1
    fill_ticks: int = 0
    drain_ticks: int = 0


def ticks(seconds: float) -> int:
    """Return the nearest whole number of ticks."""
    return round(seconds * TICKS_PER_S)


def quanta(power_w: float) -> int:
    """Return the nearest whole number of quanta."""
    return round(power_w * QUANTA_PER_W)


def programs(
    sections: Sequence[Sequence[Phase]],
    *,
    pipelined: Sequence[bool] | None = None,
    max_slowness: float = 1.0,
) -> Programs:
    """Flatten programs into tables.

    Parameters
    ----------
    sections
        The phases of each program.
    pipelined
        For each program whether pipeline stages are staggered in it; default none.
    max_slowness
        Largest factor that a straggling host puts on a duration.
    """
    phases = [phase for section in sections for phase in section]
    first = np.cumsum([0] + [len(section) for section in sections])
    shift = np.array([_shift(phase, max_slowness) for phase in phases], np.int32)
    mean = np.array([phase.mean_ticks for phase in phases], np.int64)
    sigma = np.array([phase.sigma for phase in phases])
    rho = np.array([phase.rho for phase in phases])
    return Programs(
        first=first.astype(np.int64),
        pipelined=np.array(pipelined or [False] * len(sections), np.int32),
        mean_ticks=mean,
        shift=shift,
        mean_scaled=(mean / 2.0**shift).astype(np.float32),
        distribution=np.array([phase.distribution for phase in phases], np.int32),
        sigma_own=(sigma * np.sqrt(1.0 - rho)).astype(np.float32),
        sigma_common=(sigma * np.sqrt(rho)).astype(np.float32),
        half_variance=(sigma**2 / 2.0).astype(np.float32),
        level=np.array([quanta(phase.level_w) for phase in phases], np.int32),
        waiting=np.array([quanta(phase.waiting_w) for phase in phases], np.int32),
        barrier=np.array([phase.barrier for phase in phases], np.int32),
        column=np.array([c for section in sections for c in _columns(section)], np.int32),
    )


def _shift(phase: Phase, max_slowness: float) -> int:
    """Return how coarse the deviation must be counted to fit an int32 in every case."""
    factor = 2.0
    if phase.distribution == LOGNORMAL:
        largest = phase.sigma * (math.sqrt(phase.rho) + math.sqrt(1.0 - phase.rho)) * _MAX_NORMAL
        factor = math.exp(largest) * max_slowness
    return max(0, math.ceil(math.log2(max(phase.mean_ticks, 1) * max(factor, 2.0))) - 30)


def _columns(section: Sequence[Phase]) -> list[int]:
    """Return the number of each barrier among those of its scope in a program."""
    seen = {BARRIER_NONE: 0, BARRIER_GROUP: 0, BARRIER_JOB: 0}
    columns = []
    for phase in section:
        columns.append(seen[phase.barrier])
        seen[phase.barrier] += 1
    return columns


def check_rack(accelerators: int, largest_w: float) -> None:
    """Refuse a rack whose integer sum could overflow.

    Raises
    ------
    ValueError
        If so, with the limit.
    """
    if accelerators * quanta(largest_w) > MAX_RACK_QUANTA:
        raise ValueError(
            f"a rack of {accelerators} accelerators at up to {largest_w:.0f} W exceeds the "
            f"{MAX_RACK_QUANTA / QUANTA_PER_W:.0f} W that the sum of a rack can hold"
        )


def fleet(
    layout: Layout,
    response: Response,
    *,
    idle_w: float,
    largest_w: float,
    job: int = 0,
    seed: int = 0,
    run: int = 0,
    lag_s: float = 0.0,
) -> Fleet:
    """Return the constants of one job's fleet.

    Parameters
    ----------
    idle_w
        Power of an accelerator without work.
    largest_w
        Largest power of an accelerator, overshoot and rating spread included.
    job, seed, run
        Random address; the seed has 64 bits.
    lag_s
        Longest other time constant of what follows a step, such as that of a power cap, s.
    """
    tau_rise = time_constant(response.rise_time_s)
    tau_fall = time_constant(response.fall_time_s)
    tau_over = max(response.overshoot_time_s, 1.0 / TICKS_PER_S)
    slowest = max(tau_rise, tau_fall, tau_over if response.overshoot > 0.0 else 0.0, lag_s)
    # e^(−h/τ)·largest is a quarter of a quantum at the horizon.
    horizon_ticks = math.ceil(slowest * math.log(4.0 * quanta(largest_w)) * TICKS_PER_S)
    age_shift = max(0, horizon_ticks.bit_length() - 30)
    unit = TICKS_PER_S / 2.0**age_shift
    unit_size = {BARRIER_JOB: layout.lanes, BARRIER_GROUP: layout.group_size, BARRIER_NONE: 1}
    return Fleet(
        job=job,
        lanes=layout.lanes,
        group_size=layout.group_size,
        unit_size=unit_size[layout.unit],
        stage_size=max(1, layout.lanes // layout.stages),
        stages=layout.stages,
        fill_ticks=layout.fill_ticks,
        bubble_ticks=layout.fill_ticks + layout.drain_ticks,
        idle=quanta(idle_w),
        rise_rate=np.float32(1.0 / (tau_rise * unit)),
        fall_rate=np.float32(1.0 / (tau_fall * unit)),
        overshoot_rate=np.float32(1.0 / (tau_over * unit)),
        overshoot=np.float32(response.overshoot),
        age_shift=age_shift,
        horizon=max(1, horizon_ticks >> age_shift),
        seed_low=seed & 0xFFFFFFFF,
        seed_high=(seed >> 32) & 0xFFFFFFFF,
        run=run,
    )


def lanes(
    fleet: Fleet,
    *,
    rating_sigma: float = 0.0,
    straggler_share: float = 0.0,
    slowdown: float = 0.0,
    host_size: int = 1,
) -> Lanes:
    """Draw what distinguishes the accelerators of a job.

    Parameters
    ----------
    rating_sigma
        Standard deviation of the logarithm of the factor on power; the factor's mean is 1.
    straggler_share, slowdown, host_size
        This share of the hosts takes 1 + ``slowdown`` times as long in every spread phase.
    """
    scale = np.ones(fleet.lanes, np.float32)
    slowness = np.ones(fleet.lanes, np.float32)
    if rating_sigma > 0.0:
        cpu(rating_scales)(fleet, np.float32(rating_sigma), scale)
    if straggler_share > 0.0:
        share, slow = np.float32(straggler_share), np.float32(slowdown)
        cpu(host_slowness)(fleet, share, slow, host_size, slowness)
    return Lanes(scale, slowness)


@dataclass(frozen=True, slots=True)
class Cap:
    """A power cap as a lagged controller, see ``laws.smoothing``."""

    power_w: float
    lag_s: float
    """Time constant; the job's fleet is built with it too."""
    gain: float = 1.0
    """Share of the excess that is taken away in the end."""


def smoothing(
    fleet: Fleet,
    *,
    primary_w: float = 0.0,
    secondary_w: float = 0.0,
    activation_w: float = 0.0,
    act_window_s: float = 0.0,
    tar_window_s: float = 0.0,
    hold_s: float = 0.0,
    up_w_per_s: float | None = None,
    down_w_per_s: float | None = None,
    cap: Cap | None = None,
) -> Smoothing:
    """Return power smoothing in quanta and ticks, see ``laws.smoothing``.

    Parameters
    ----------
    primary_w, secondary_w
        Floors, W.
    activation_w
        The primary floor is active while the work's power lies above this level, W.
    act_window_s, tar_window_s, hold_s
        Activation window, target window, hysteresis before a fall, s.
    up_w_per_s, down_w_per_s
        Largest rates of change, W/s; None is no limit.
    cap
        None without one.

    Raises
    ------
    ValueError
        If a rate is too slow to be counted, or a cap outlasts the fleet's memory.
    """
    unit_s = 2.0**fleet.age_shift / TICKS_PER_S
    if cap is not None and math.exp(-fleet.horizon * unit_s / cap.lag_s) * quanta(cap.power_w) > 1:
        raise ValueError(
            f"the fleet forgets before a power cap with a lag of {cap.lag_s:g} s has settled: "
            "expected a fleet that was built with this lag"
        )
    return Smoothing(
        primary=quanta(primary_w),
        secondary=quanta(secondary_w),
        activation=quanta(activation_w),
        act_window=ticks(act_window_s),
        tar_window=ticks(tar_window_s),
        hold=ticks(hold_s),
        up=_fine_rate(up_w_per_s),
        down=_fine_rate(down_w_per_s),
        cap=quanta(cap.power_w) if cap else NO_CAP,
        cap_gain=round(cap.gain * 2**GAIN_BITS) if cap else 0,
        cap_rate=np.float32(unit_s / cap.lag_s) if cap else np.float32(1.0),
    )


def _fine_rate(rate_w_per_s: float | None) -> int:
    if rate_w_per_s is None:
        return 0
    rate = round(rate_w_per_s * QUANTA_PER_W * (1 << FINE_BITS) / TICKS_PER_S)
    if rate < 1:
        raise ValueError(f"expected a ramp of at least 1 mW/s, got {rate_w_per_s:g} W/s")
    return rate
