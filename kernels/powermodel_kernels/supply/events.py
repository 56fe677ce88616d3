# SPDX-License-Identifier: Apache-2.0
"""Voltage events at the point of interconnection, and the envelopes that say who must stay.

An envelope is rows of (low, high, stay time): while the supply lies in a row, a load must stay
connected for that long. Where no row speaks, or the record is too coarse, nothing is said.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.tables import F32, I64

INSIDE, OUTSIDE, NOT_ASSESSED = "inside", "outside", "not assessed"


class Sag(NamedTuple):
    """One event: voltage falls (or rises) to ``level`` at once and comes back at once."""

    start_s: float
    duration_s: float
    level: float
    """Per unit."""


class Envelope(NamedTuple):
    """Rows of (low, high, stay time in s); the upper end belongs to the row above."""

    name: str
    rows: Sequence[tuple[float, float, float]]


class RideReport(NamedTuple):
    """What an event cost, W and s."""

    lost_w: float
    """Largest drop of the power taken from the grid below what was asked for."""
    surge_w: float
    """Largest power above what was asked for, on the way back."""
    recovery_s: float
    """From the last sag's end until 90 % of the power asked for is back; infinite if not."""
    unserved_j: float
    """Energy that loads went without."""


def sag_profile(sags: Sequence[Sag], dt_s: float, samples: int, normal: float = 1.0) -> F32:
    """Return the voltage at every sample, per unit.

    Parameters
    ----------
    sags
        In any order.
    dt_s, samples
        Step, s, and their number.
    normal
        Voltage outside every event, per unit.

    Raises
    ------
    ValueError
        If an event lies outside the run, is shorter than a step, or meets another.
    """
    voltage = np.full(samples, normal, np.float32)
    last_s = 0.0
    for sag in sorted(sags):
        end_s = sag.start_s + sag.duration_s
        if sag.start_s < 0.0 or end_s > samples * dt_s:
            raise ValueError(
                f"the event from {sag.start_s:g} to {end_s:g} s lies outside the run of "
                f"{samples * dt_s:g} s"
            )
        if sag.duration_s < dt_s:
            raise ValueError(
                f"the event at {sag.start_s:g} s lasts {1e3 * sag.duration_s:g} ms, less than a "
                f"step of {1e3 * dt_s:g} ms"
            )
        if sag.start_s < last_s:
            raise ValueError(f"the event at {sag.start_s:g} s begins before the last one ended")
        voltage[round(sag.start_s / dt_s) : round(end_s / dt_s)] = sag.level
        last_s = end_s
    return voltage


def check_envelope(envelope: Envelope) -> None:
    """Refuse rows that overlap, or end before they begin.

    Raises
    ------
    ValueError
        With both rows.
    """
    rows = sorted(envelope.rows)
    for low, high, stay_s in rows:
        if not (low < high and stay_s >= 0.0):
            raise ValueError(f"{envelope.name}: row {low:g} to {high:g} for {stay_s:g} s is no row")
    for (low, high, _), (low2, high2, _) in pairwise(rows):
        if low2 < high:
            raise ValueError(
                f"{envelope.name}: rows {low:g} to {high:g} and {low2:g} to {high2:g} overlap: "
                "a value must have one stay time"
            )


def assess(envelope: Envelope, values: NDArray[np.floating], dt_s: float) -> str:
    """Return whether an event lies inside an envelope, so that a load must stay connected.

    Each row's time runs while the value lies in it without a break.

    Parameters
    ----------
    envelope
        Checked rows.
    values
        Voltage per unit, or frequency over nominal, (samples,).
    dt_s
        Step, s.

    Returns
    -------
    str
        ``inside``, ``outside`` (some row was exceeded: a load may leave) or ``not assessed`` (a
        value in no row, or a step longer than the shortest stay time).
    """
    check_envelope(envelope)
    known = np.zeros(values.size, bool)
    verdict = INSIDE
    for low, high, stay_s in envelope.rows:
        within = (values >= low) & (values < high)
        if within.any() and stay_s < dt_s:
            return NOT_ASSESSED
        known |= within
        if _longest(within) * dt_s > stay_s + 0.5 * dt_s:
            verdict = OUTSIDE
    return verdict if known.all() else NOT_ASSESSED


def report(
    asked: I64, grid: I64, unserved: I64, voltage: F32, dt_s: float, back: float = 0.9
) -> RideReport:
    """Return what an event cost.

    Parameters
    ----------
    asked, grid, unserved
        Quanta (samples,): asked for by all loads, taken from the grid, gone without.
    voltage
        Per unit.
    dt_s
        Step, s.
    back
        Voltage from which the sag counts as over, per unit.
    """
    missing, low = asked - grid, np.flatnonzero(voltage < back)
    end = int(low[-1]) + 1 if low.size else 0
    short = np.flatnonzero(grid[end:] < 0.9 * asked[end:])
    recovery_s = (int(short[-1]) + 1) * dt_s if short.size else 0.0
    if short.size and end + int(short[-1]) + 1 >= asked.size:
        recovery_s = float("inf")
    return RideReport(
        max(0.0, float(missing.max()) / QUANTA_PER_W),
        max(0.0, float(-missing.min()) / QUANTA_PER_W),
        recovery_s,
        float(unserved.sum(dtype=np.float64)) / QUANTA_PER_W * dt_s,
    )


def _longest(flags: NDArray[np.bool_]) -> int:
    """Return the length of the longest run of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]]).astype(np.int8)))
    return int((edges[1::2] - edges[::2]).max()) if edges.size else 0
