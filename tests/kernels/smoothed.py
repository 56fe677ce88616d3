# SPDX-License-Identifier: Apache-2.0
"""Smoothed jobs for tests, and what must come out: the definition, walked in small steps of time.

The oracle knows nothing of courses, knots or fixed point: it looks at the work every `STEP` ticks
and moves the target as the definition in ``laws.smoothing`` says. So it is off by what a ramp does
in one step, and by nothing where all times are multiples of the step.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from powermodel_kernels import build
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.fleet.job import JobFleet
from powermodel_kernels.fleet.smoothing import Smoothing
from tests.kernels import naive
from tests.kernels.factory import IDLE_W, MS, Job, place

STEP = MS // 20


@dataclass(frozen=True)
class Settings:
    """Power smoothing in W, W/s and ms."""

    primary_w: float = 0.0
    secondary_w: float = 0.0
    activation_w: float = IDLE_W
    act_window_ms: float = 0.0
    tar_window_ms: float = 0.0
    hold_ms: float = 0.0
    up_w_per_s: float | None = None
    down_w_per_s: float | None = None
    cap: build.Cap | None = None

    def made(self, job: Job) -> Smoothing:
        return build.smoothing(
            job.fleet,
            primary_w=self.primary_w,
            secondary_w=self.secondary_w,
            activation_w=self.activation_w,
            act_window_s=self.act_window_ms / 1000,
            tar_window_s=self.tar_window_ms / 1000,
            hold_s=self.hold_ms / 1000,
            up_w_per_s=self.up_w_per_s,
            down_w_per_s=self.down_w_per_s,
            cap=self.cap,
        )


RATES = st.sampled_from([None, 500.0, 4000.0, 30_000.0, 123_456.7])


@st.composite
def settings_of(draw: st.DrawFn) -> Settings:
    """Return settings of every kind; windows and holds are multiples of the oracle's step."""
    times = st.sampled_from([0.0, 0.05, 3.0, 17.5, 60.0])
    primary = draw(st.integers(0, 1300))
    return Settings(
        primary,
        draw(st.integers(0, 600)),
        draw(st.integers(0, 1000)),
        draw(times),
        draw(times),
        draw(times),
        draw(RATES),
        draw(RATES),
    )


def opened(job: Job, settings: Settings, engine: str = "events", workers: int = 2) -> JobFleet:
    """Return the smoothed job, no tile open."""
    return JobFleet(
        job.programs, job.fleet, job.lanes, job.schedule, job.noise, engine, workers,
        settings.made(job),
    )  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a smoothed job gives, quanta."""

    power: NDArray[np.int64]
    """(racks, samples)."""
    burnt: NDArray[np.int64]
    held_back: NDArray[np.int64]


def run(
    job: Job,
    settings: Settings,
    engine: str = "events",
    *,
    workers: int = 2,
    dt: int = MS,
    tiles: tuple[int, ...] = (250,),
    per_rack: int = 3,
) -> Run:
    """Return the job through tiles of so many samples each, from tick 0."""
    fleet = opened(job, settings, engine, workers)
    parts, begin = [], 0
    for samples in tiles:
        fleet.open_tile(begin, dt, samples)
        power = fleet.rack_power(place(job.fleet.lanes, per_rack)).astype(np.int64)
        parts.append((power, fleet.burnt(), fleet.held_back()))
        begin += dt * samples
    return Run(*(np.concatenate(column, axis=-1) for column in zip(*parts, strict=True)))


def on_the_step(job: Job) -> Job:
    """Return the job with mean durations that are multiples of the oracle's step."""
    ticks = np.maximum(job.programs.mean_ticks // STEP, 1) * STEP
    return replace(job, programs=job.programs._replace(mean_ticks=ticks))


def targets(
    job: Job, settings: Settings, *, dt: int, samples: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Return the smoothed target and the work's own, W, and whether the target jumps just then.

    Each has shape (lanes, samples). Power is continuous: at the tick of a jump it is still the old.
    """
    events = naive.walk(job, dt * samples)
    rows = [_lane(job, own, settings, dt, samples) for own in events]
    smoothed, raw, jumps = (np.array(column) for column in zip(*rows, strict=True))
    return smoothed, raw, jumps


def _lane(
    job: Job, events: naive.Events, settings: Settings, dt: int, samples: int
) -> tuple[list[float], list[float], list[bool]]:
    work = [(0, job.fleet.idle / QUANTA_PER_W), *((t, w / QUANTA_PER_W) for t, w in events)]
    was_above = work[0][1] > settings.activation_w
    smoothed = max(work[0][1], settings.primary_w if was_above else settings.secondary_w)
    active_until, hold_until = -1.0, None
    out: list[float] = []
    raws: list[float] = []
    jumps: list[bool] = []
    e = 0
    step_s = STEP / 1e9
    for now in range(0, dt * samples, STEP):
        while e + 1 < len(work) and work[e + 1][0] <= now:
            e += 1
        raw = work[e][1]
        above = raw > settings.activation_w
        if above and not was_above and now >= active_until:
            active_until = now + settings.act_window_ms * MS
        if was_above and not above:
            active_until = max(active_until, now + settings.tar_window_ms * MS)
        was_above = above
        floor = settings.primary_w if above or now < active_until else settings.secondary_w
        wanted = max(raw, floor)
        if smoothed <= wanted:
            hold_until = None
        elif hold_until is None:
            hold_until = now + settings.hold_ms * MS
        falls = hold_until is not None and now >= hold_until
        before = smoothed
        if settings.up_w_per_s is None:
            smoothed = max(smoothed, wanted)
        if settings.down_w_per_s is None and falls:
            smoothed = min(smoothed, wanted)
        if now % dt == 0:
            out.append(smoothed)
            raws.append(raw)
            jumps.append(smoothed != before)
        if smoothed < wanted:
            smoothed = min(wanted, smoothed + (settings.up_w_per_s or 0.0) * step_s)
        elif smoothed > wanted and falls:
            smoothed = max(wanted, smoothed - (settings.down_w_per_s or 0.0) * step_s)
    return out, raws, jumps
