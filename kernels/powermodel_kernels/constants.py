# SPDX-License-Identifier: Apache-2.0
"""The units in which the kernels count: ticks of time and quanta of power.

These are choices of representation, not facts about the world; facts live in
``powermodel_datasets``.
"""

TICKS_PER_S = 1_000_000_000
"""One tick is 1 ns. Time is an int64 count of ticks; floats never count time."""

QUANTA_PER_W = 1024
"""One quantum is 1/1024 W. Power is summed as integers, so sums do not depend on their order."""

TILE_TICKS = 10 * TICKS_PER_S
"""A tile is 10 s of absolute time. Floating-point state restarts at its edges, so every tile can
be computed alone and every partition of a run into whole tiles gives the same bits."""

MAX_RACK_QUANTA = 2**30
"""A rack is summed in int32; half the range is kept for transients that overlap."""

# What a random number is for: part of its address (see laws/philox.py).
PURPOSE_DURATION = 1
PURPOSE_COMMON = 2
PURPOSE_RATING = 3
PURPOSE_STRAGGLER = 4
PURPOSE_NOISE = 5
PURPOSE_FAILURE = 6
PURPOSE_SHIFT = 7
PURPOSE_ARRIVAL = 8

# Barrier scopes and duration distributions, as they stand in the flat program tables.
BARRIER_NONE = 0
BARRIER_GROUP = 1
BARRIER_JOB = 2
FIXED = 0
LOGNORMAL = 1
UNIFORM = 2

NEVER = 2**62
"""A time after every run, in ticks."""

DRAWN_BYTES = 64 << 20
"""Memory for the durations of one job that the timeline keeps for the engines."""
