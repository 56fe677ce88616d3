# SPDX-License-Identifier: Apache-2.0
"""Jobs that come at random, wait for a place and leave: addressed like every random number.

Arrivals are a Poisson process, places are taken in the order of arrival: the queue M/G/c of
L. Kleinrock, Queueing Systems, volume 1, Wiley 1975, drawn instead of solved.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np

from powermodel_kernels.constants import PURPOSE_ARRIVAL
from powermodel_kernels.laws.philox import address_word, philox4x32

_AT_ONCE = 4096
# Second word of the address: jobs that come, and jobs that are there at the beginning.
_COMING, _THERE = 0, 1


class Stream(NamedTuple):
    """Jobs of one kind: how often they come, how long they take, how many run at once."""

    job: int
    """Number of the job in its scenario: part of the random address."""
    seed: int
    """64 bits."""
    places: int
    mean_interval: int
    """Between two arrivals, ticks; intervals are exponential."""
    mean_length: int
    """Of a job, ticks."""
    distribution: Literal["fixed", "exponential", "lognormal"]
    """Of the length."""
    sigma: float = 0.0
    """Standard deviation of the logarithm of a lognormal length."""
    turnaround: int = 0
    """For which a place stays taken after a job, ticks."""
    there: int = 0
    """Places that are taken at the beginning."""


class JobRun(NamedTuple):
    """One job from its arrival to its end, in absolute ticks."""

    number: int
    """In the order of arrival; negative for those that are there at the beginning."""
    arrived: int
    began: int
    ended: int
    place: int


class Tally(NamedTuple):
    """What a stretch of time saw of some jobs."""

    arrived: int
    began: int
    """Of those that were not there at the beginning."""
    waiting: int
    """At the end of the stretch."""
    mean_wait: float
    """Of those that began, ticks; NaN if none did."""
    longest_wait: int
    """Ticks, counted to the end of the stretch for those that wait then."""
    taken: float
    """Share of the time of all places in which a job ran."""


def job_runs(stream: Stream, begin: int, stop: int) -> list[JobRun]:
    """Return the jobs that come from ``begin`` on and before ``stop``, and those that are there.

    A job takes the free place of the lowest number; where none is free, the first that gets free.
    Jobs that are there at the beginning have the length that is left of one which is met at
    random: a share, drawn evenly, of a length drawn in proportion to length.
    """
    runs = [
        JobRun(-1 - place, begin, begin, begin + length, place)
        for place, length in enumerate(itertools.islice(_left(stream), stream.there))
    ]
    busy = [(run.ended + stream.turnaround, run.place) for run in runs]
    heapq.heapify(busy)
    idle = list(range(stream.there, stream.places))
    for number, (arrived, length) in enumerate(_coming(stream, begin, stop)):
        while busy and busy[0][0] <= arrived:
            heapq.heappush(idle, heapq.heappop(busy)[1])
        free, place = (arrived, heapq.heappop(idle)) if idle else heapq.heappop(busy)
        runs.append(JobRun(number, arrived, free, free + length, place))
        heapq.heappush(busy, (free + length + stream.turnaround, place))
    return runs


def tally(runs: list[JobRun], places: int, begin: int, stop: int) -> Tally:
    """Count what some jobs did from ``begin`` to ``stop``."""
    came = [run for run in runs if run.number >= 0]
    waits = [run.began - run.arrived for run in came if run.began < stop]
    still = [stop - run.arrived for run in came if run.began >= stop]
    taken = sum(max(0, min(run.ended, stop) - max(run.began, begin)) for run in runs)
    return Tally(
        len(came),
        len(waits),
        len(still),
        sum(waits) / len(waits) if waits else math.nan,
        max(waits + still, default=0),
        taken / (places * (stop - begin)),
    )


def _coming(stream: Stream, begin: int, stop: int) -> Iterator[tuple[int, int]]:
    """Yield arrival and length of each job."""
    now, length_of = begin, _length(stream, tilted=False)
    for one, other in _pairs(stream, _COMING):
        now += round(-math.log(one) * stream.mean_interval)
        if now >= stop:
            return
        yield now, length_of(other)


def _left(stream: Stream) -> Iterator[int]:
    """Yield what is left of jobs that are met at random."""
    length_of = _length(stream, tilted=True)
    for one, other in _pairs(stream, _THERE):
        if stream.distribution == "exponential":  # it forgets its age
            yield length_of(other)
        else:
            yield max(1, round(one * length_of(other)))


def _length(stream: Stream, *, tilted: bool) -> Callable[[float], int]:
    """Return what makes a length of a number in (0, 1).

    Tilted, lengths come in proportion to themselves; a lognormal then has its median, and its mean,
    e^(sigma^2) times larger (J. Aitchison, J. A. C. Brown, The Lognormal Distribution, 1957).
    """
    mean, sigma = stream.mean_length, stream.sigma
    if stream.distribution == "fixed":
        return lambda _: mean
    if stream.distribution == "exponential":
        return lambda u: max(1, round(-math.log(u) * mean))
    shift = 0.5 * sigma * sigma if tilted else -0.5 * sigma * sigma
    normal = NormalDist()
    return lambda u: max(1, round(mean * math.exp(shift + sigma * normal.inv_cdf(u))))


def _pairs(stream: Stream, kind: int) -> Iterator[tuple[float, float]]:
    """Yield two numbers in (0, 1) for each job: 52 bits, never 0 or 1."""
    word = address_word(PURPOSE_ARRIVAL, stream.job, 0)
    key = np.uint64(stream.seed & 0xFFFFFFFF), np.uint64(stream.seed >> 32 & 0xFFFFFFFF)
    for first in itertools.count(0, _AT_ONCE):
        number = np.arange(first, first + _AT_ONCE, dtype=np.uint64)
        a, b, c, d = philox4x32(number, np.uint64(kind), word, np.uint64(0), *key)
        yield from zip(_open(a, b), _open(c, d), strict=True)


def _open(high: np.ndarray, low: np.ndarray) -> list[float]:
    # Half a unit of 2**-52 above a multiple: the largest is still below 1.
    whole = (high << np.uint64(20)) | (low >> np.uint64(12))
    found: list[float] = ((whole.astype(np.float64) + 0.5) * 2.0**-52).tolist()
    return found
