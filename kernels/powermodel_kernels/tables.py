# SPDX-License-Identifier: Apache-2.0
"""What the fleet kernels are given: flat arrays, one NamedTuple per subject.

A *program* is a list of phases; a job has several (start, iteration, checkpoint, …). A *slot* is
one run through one program; the timeline says when each slot begins and when its barriers open. A
*lane* is one accelerator of the job, numbered from 0 within the job. A *unit* is the set of lanes
that begin a slot together: the whole job, a group, or a single lane.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

I32 = NDArray[np.int32]
I64 = NDArray[np.int64]
F32 = NDArray[np.float32]
U64 = NDArray[np.uint64]
U8 = NDArray[np.uint8]


class Programs(NamedTuple):
    """All phases of all programs of one job. Phase p of program g is row ``first[g] + p``."""

    first: I64
    """Rows of each program, shape (programs + 1,)."""
    pipelined: I32
    """Whether the stages of the pipeline are staggered in this program, shape (programs,)."""
    mean_ticks: I64
    """Mean duration."""
    shift: I32
    """Deviations from the mean are counted in 2**shift ticks."""
    mean_scaled: F32
    """``mean_ticks`` in units of 2**shift ticks."""
    distribution: I32
    """FIXED, LOGNORMAL or UNIFORM."""
    sigma_own: F32
    """σ·√(1−ρ) of the logarithm of the duration."""
    sigma_common: F32
    """σ·√ρ."""
    half_variance: F32
    """σ²/2."""
    level: I32
    """Target power, quanta."""
    waiting: I32
    """Target power while waiting for the barrier, quanta."""
    barrier: I32
    """BARRIER_NONE, BARRIER_GROUP or BARRIER_JOB, at the end of the phase."""
    column: I32
    """Which job barrier, or which group barrier, of its program this is."""


class Fleet(NamedTuple):
    """One job's accelerators: sizes, electrical response, random address."""

    job: int
    lanes: int
    group_size: int
    unit_size: int
    """Lanes that begin a slot together."""
    stage_size: int
    """Lanes of one pipeline stage, contiguous."""
    stages: int
    fill_ticks: int
    """Stage s begins s·fill later."""
    bubble_ticks: int
    """Stage s waits (stages − 1 − s)·bubble after the first phase."""
    idle: int
    """Power of an accelerator without work, quanta."""
    rise_rate: np.float32
    """One over the time constant of a rise, per 2**age_shift ticks."""
    fall_rate: np.float32
    overshoot_rate: np.float32
    overshoot: np.float32
    """Overshoot per unit of an upward step."""
    age_shift: int
    horizon: int
    """After so many units of 2**age_shift ticks a transient is below half a quantum and ends."""
    seed_low: int
    seed_high: int
    run: int


class Place(NamedTuple):
    """Neighbouring racks of one size and the lanes that stand in them."""

    first_lane: int
    stop_lane: int
    """One past the last lane; the last rack may be filled in part."""
    lanes_per_rack: int
    first_rack: int
    """Number of the first rack on the site: part of the random address of its noise."""


class Lanes(NamedTuple):
    """What distinguishes one accelerator of a job from another, fixed for the run."""

    scale: F32
    """Factor on every power level (rating spread), shape (lanes,)."""
    slowness: F32
    """Factor on every spread duration (straggling hosts), shape (lanes,)."""


class Slots(NamedTuple):
    """The slots that touch a stretch of time, in order."""

    program: I64
    """Shape (slots,)."""
    number: I64
    """Number of the slot since the beginning of the run: part of the random address."""
    end: I64
    """Absolute tick at which the slot is cut off (crash, end of the job) or NEVER."""
    common: F32
    """σ·√ρ·z_common − σ²/2 of each phase, shape (slots, phases)."""
    since: I64
    """Absolute tick from which ``start`` is counted, shape (slots,)."""
    start: I64
    """When each unit begins, ticks since ``since``, shape (slots, units)."""
    job_barrier: I64
    """Absolute tick at which each job barrier opens, shape (slots, job barriers)."""
    group_barrier: I64
    """Absolute tick at which each group barrier opens, shape (slots, group barriers, groups)."""
    deviation: I32
    """How much longer than usual each phase takes each lane, as the timeline has drawn it, see
    ``laws.duration.lasting``; shape (places, phases, lanes)."""
    place: I64
    """Place of each slot in ``deviation``, or −1 where it was not kept: shape (slots,)."""


class Grid(NamedTuple):
    """The samples of one tile, or of the part of it that the run reaches."""

    begin: int
    """Absolute tick of sample 0."""
    dt: int
    samples: int
    coarse_rate: np.float32
    """2**10 / dt, see laws.sampling."""
