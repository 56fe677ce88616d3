# SPDX-License-Identifier: Apache-2.0
"""A run against a profile: one row for every criterion, none left out silently."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from powermodel.evidence.buffering import frequency, oscillation, ramping, tracking
from powermodel.evidence.charge import drift, window
from powermodel.evidence.profile import Profile
from powermodel.evidence.row import Row, not_assessed
from powermodel.evidence.run import EvidenceRun

_MEASURED: dict[int, tuple[Callable[[Profile, EvidenceRun], Row], ...]] = {
    4: (ramping, tracking, frequency),
    9: (oscillation,),
    11: (drift, window),
}

_BEYOND: dict[int, tuple[tuple[str, str, str], ...]] = {
    1: (
        ("t1_error", "metering error", "a property of the plant's meters: a model has none"),
        ("t1_alignment", "metering in time", "a property of the plant's meters: a model has none"),
    ),
    5: (
        (
            "t5_short_circuit_ratio",
            "operation at a weak grid",
            "needs the inverter's own fast controls: a model of electromagnetic transients",
        ),
    ),
    6: (
        ("t6_fast", "fast demand response", "needs a run with a command of the operator"),
        ("t6_slow", "slow demand response", "needs a run with a command of the operator"),
    ),
    10: (
        ("t10_step_1", "black start, first step", "voltage build-up of a dead bus is not modeled"),
        ("t10_step_2", "black start, second step", "voltage build-up of a dead bus is not modeled"),
        ("t10_step_3", "black start, third step", "voltage build-up of a dead bus is not modeled"),
    ),
    12: (
        (
            "t12_step",
            "step of the electromagnetic transient model",
            "this is a model of power at milliseconds, not of electromagnetic transients",
        ),
    ),
}


def assess(profile: Profile, run: EvidenceRun) -> list[Row]:
    """Hold a run against a profile.

    Parameters
    ----------
    profile : Profile
        The criteria.
    run : EvidenceRun
        The series.

    Returns
    -------
    list of Row
        In the order of the tests; what a model or this run cannot show is ``"not assessed"`` with
        the reason.
    """
    return [row for test in range(1, profile.tests + 1) for row in _rows(test, profile, run)]


def _rows(test: int, profile: Profile, run: EvidenceRun) -> Iterator[Row]:
    prefix, name = f"t{test}_", f"T{test}"
    if not any(field.startswith(prefix) for field in profile.record):
        yield not_assessed(name, "not public", "the profile has no criterion for this test")
        return
    for measure in _MEASURED.get(test, ()):
        yield measure(profile, run)
    for field, criterion, reason in _BEYOND.get(test, ()):
        if field in profile.record:
            yield not_assessed(name, criterion, reason, profile.get(field))
