# SPDX-License-Identifier: Apache-2.0
"""What the state of charge is held to over a day: its drift, and the window it stays in (T11)."""

from __future__ import annotations

import numpy as np

from powermodel.evidence.profile import Profile
from powermodel.evidence.row import Row, at_most, not_assessed
from powermodel.evidence.run import EvidenceRun
from powermodel.units import format_s

_TEST = "T11"


def drift(profile: Profile, run: EvidenceRun) -> Row:
    """Return how far the mean charge went from where it began."""
    limit, asked = profile.get("t11_drift"), "drift of the charge"
    if limit is None or not profile.has("t11_duration", "t11_mean"):
        return not_assessed(_TEST, asked, "the profile lacks drift, duration or mean")
    mean_s = profile.value("t11_mean")
    definition = (
        f"largest distance of the state of charge, mean over {format_s(mean_s)}, from its first"
    )
    reason = _too_little(profile, run)
    if reason or run.soc is None:
        return not_assessed(_TEST, asked, reason, limit, definition)
    samples = max(1, round(mean_s / run.dt_s))
    whole = run.soc.size // samples * samples
    means = run.soc[:whole].reshape(-1, samples).mean(axis=1, dtype=np.float64)
    return at_most(_TEST, asked, float(np.abs(means - means[0]).max()), limit, definition)


def window(profile: Profile, run: EvidenceRun) -> Row:
    """Return whether the charge stayed inside its window."""
    asked = "window of the charge"
    if not profile.has("t11_soc_low", "t11_soc_high", "t11_duration"):
        return not_assessed(_TEST, asked, "the profile lacks the window or the duration")
    low, high = profile.record["t11_soc_low"], profile.record["t11_soc_high"]
    definition = f"every sample from {low.value:g} to {high.value:g}; limit: the nearer edge"
    reason = _too_little(profile, run)
    if reason or run.soc is None:
        return not_assessed(_TEST, asked, reason, high, definition)
    lowest, highest = float(run.soc.min()), float(run.soc.max())
    # The edge that is nearer, or broken by more.
    if lowest - low.value < high.value - highest:
        edge, measured, margin = low, lowest, lowest - low.value
    else:
        edge, measured, margin = high, highest, high.value - highest
    return Row(
        _TEST, asked, "pass" if margin >= 0.0 else "fail", measured, edge.value, margin,
        edge.unit, definition, confidence=edge.confidence, source=edge.source,
    )  # fmt: skip


def _too_little(profile: Profile, run: EvidenceRun) -> str:
    """Say why the record cannot answer; empty where it can."""
    if run.soc is None:
        return "the run holds no state of charge"
    needed_s = profile.value("t11_duration")
    # Half a step: the length is a count of samples.
    if run.duration_s < needed_s - run.dt_s / 2:
        return f"a record of {format_s(run.duration_s)}, expected {format_s(needed_s)}"
    return ""
