# SPDX-License-Identifier: Apache-2.0
"""A record held to an operator's rules: measured, limit, margin, worst time, and the verdict.

A rule that the record cannot answer is *not assessed*, with the reason; it never passes silently.
How binding a rule is stands in every row: a draft is never shown as law.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from powermodel.indicators.connection import connection
from powermodel.indicators.indicator import NOT_ASSESSED, display
from powermodel.indicators.inputs import NotAssessedError
from powermodel.indicators.mains import check_mains
from powermodel.indicators.series import Labelled, blocks_of, one_series, power_of, time_grid
from powermodel.indicators.statistic import stream
from powermodel.limits.errors import LimitError
from powermodel.limits.rule_measures import CONNECTION_USE, Found, Meter, Site, meter_of
from powermodel.limits.rules import Rule, read_rules, shipped_rules

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a record makes of one rule.

    Parameters
    ----------
    rule : Rule
        Which one.
    unit : {"W", "1"}
        Of measured and limit.
    limit : float or None
        What is allowed; None where the rule's base is not known.
    measured : float or None
        What was found; None where the record cannot answer.
    at_s : float or None
        When the worst window starts [s].
    reason : str
        Why there is no verdict.
    definition : str
        What exactly was measured.
    """

    rule: Rule
    unit: str
    limit: float | None = None
    measured: float | None = None
    at_s: float | None = None
    reason: str = ""
    definition: str = ""

    @property
    def margin(self) -> float | None:
        """What is left to the limit, in the unit of the limit; negative when it is broken."""
        if self.limit is None or self.measured is None:
            return None
        return self.limit - self.measured

    @property
    def verdict(self) -> str:
        """``"pass"``, ``"fail"`` or ``"not assessed"``."""
        margin = self.margin
        # A limit without its base can be seen to be broken, but not to be kept.
        if margin is None or (self.reason and margin >= 0):
            return NOT_ASSESSED
        return "pass" if margin >= 0 else "fail"

    @property
    def words(self) -> str:
        """The verdict with what it is worth: ``"fail (draft)"``."""
        return self.verdict if self.rule.binds else f"{self.verdict} ({self.rule.status})"

    def to_row(self) -> dict[str, Any]:
        """Return the row of ``compliance.csv``: one flat record."""
        return {
            "profile": self.rule.profile,
            "version": self.rule.version,
            "rule": self.rule.name,
            "title": self.rule.title,
            "verdict": self.verdict,
            "status": self.rule.status,
            "binding": self.rule.binds,
            "measured": self.measured,
            "limit": self.limit,
            "margin": self.margin,
            "unit": self.unit,
            "worst_time_s": self.at_s,
            "reason": self.reason,
            "definition": self.definition,
            "note": self.rule.note,
            "source": self.rule.source,
            "date": self.rule.date,
            "confidence": self.rule.confidence,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold, with the rule in full."""
        return {**self.to_row(), "rule": self.rule.to_dict()}

    def shown(self, value: float | None) -> str:
        """Write a value of this row for people."""
        return "" if value is None else display(value, self.unit)


def rules_of(profile: str) -> tuple[Rule, ...]:
    """Return the rules of a shipped profile, or of a file of the user's own.

    Parameters
    ----------
    profile : str
        A name such as ``"ercot"``, or a path that ends in ``.yaml`` or ``.yml``.
    """
    if profile.endswith((".yaml", ".yml")):
        return read_rules(Path(profile))
    return shipped_rules(profile)


def assess(labelled: Labelled, rules: Iterable[Rule], site: Site | None = None) -> list[Verdict]:
    """Hold a run to rules, in one pass over its series.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        One power [W] over time, or a run (then the POI).
    rules : iterable of Rule
        From `rules_of`.
    site : Site, optional
        Rated power, grid and mains frequency, for the rules that need them.

    Raises
    ------
    IndicatorError
        If the run was simulated for other mains than the site's.
    """
    check_mains(labelled, None if site is None else site.mains_hz)
    power = one_series(power_of(labelled))
    grid = time_grid(power)
    averaged = str(power.attrs.get("cell_methods", ""))
    if "mean" in averaged:
        reason = f"the record is averaged (cell_methods {averaged!r}); a rule needs samples"
        return [Verdict(rule, _unit(rule), reason=reason) for rule in rules]
    found = assess_blocks(
        blocks_of(power, grid), grid.samples, grid.dt_s, rules, site, begin_s=grid.begin_s
    )
    if isinstance(labelled, xr.DataTree) and "connection" in labelled.children:
        return [
            _by_connection(row.rule, labelled) if row.rule.measure == CONNECTION_USE else row
            for row in found
        ]
    return found


def _by_connection(rule: Rule, run: xr.DataTree) -> Verdict:
    """Hold a run to what its own grid connection allows."""
    items = {item.name: item for item in connection(run)}
    use, worst = items["connection_use"], items["excess_over_connection"]
    limit, _ = _limit(rule, Site())
    return Verdict(rule, "1", limit, use.value, worst.at_s, use.reason or "", use.definition)


def assess_blocks(
    blocks: Iterable[npt.ArrayLike],
    samples: int,
    dt_s: float,
    rules: Iterable[Rule],
    site: Site | None = None,
    *,
    begin_s: float = 0.0,
) -> list[Verdict]:
    """Hold a record to rules, block by block.

    Parameters
    ----------
    blocks : iterable of array_like
        Power [W], in the order of time.
    samples : int
        How many there are in all.
    dt_s : float
        Time between samples [s].
    rules, site
        See `assess`.
    begin_s : float
        Time of the first sample [s].
    """
    known = site or Site()
    listed = list(rules)
    meters: dict[int, Meter] = {}
    reasons: dict[int, str] = {}
    for place, rule in enumerate(listed):
        try:
            meters[place] = meter_of(rule, known, samples, dt_s)
        except NotAssessedError as error:
            reasons[place] = _with_hint(error)
    statistics = {str(place): meter.statistic for place, meter in meters.items()}
    states = stream(statistics, blocks) if statistics else {}
    return list(_verdicts(listed, meters, reasons, states, known, begin_s))


def _verdicts(
    rules: list[Rule],
    meters: Mapping[int, Meter],
    reasons: Mapping[int, str],
    states: Mapping[str, Any],
    site: Site,
    begin_s: float,
) -> Iterator[Verdict]:
    for place, rule in enumerate(rules):
        limit, base_reason = _limit(rule, site)
        meter = meters.get(place)
        if meter is None:
            yield Verdict(rule, _unit(rule), limit, reason=reasons[place])
            continue
        try:
            found: Found = meter.read(meter.statistic.finish(states[str(place)]))
        except NotAssessedError as error:
            reason = _with_hint(error)
            yield Verdict(rule, meter.unit, limit, reason=reason, definition=meter.definition)
            continue
        at_s = None if found.at_s is None else round(begin_s + found.at_s, 9)
        yield Verdict(rule, meter.unit, limit, found.value, at_s, base_reason, meter.definition)


def _unit(rule: Rule) -> str:
    names = ("limit_power", "limit_rate")
    return "W" if any(name in rule.values for name in names) else "1"


def _limit(rule: Rule, site: Site) -> tuple[float | None, str]:
    """Return the limit in the unit of the measure, and why it may be incomplete."""
    values = rule.values
    if rule.measure == "beyond-the-record":
        return None, ""
    found = []
    if "limit_power" in values:
        found.append(values["limit_power"])
    if "limit_rate" in values:
        # 10 MW/min within a minute is 10 MW, whatever the thirds of a watt a second round to.
        found.append(float(f"{values['limit_rate'] * values['window']:.12g}"))
    if "limit_level" in values:
        found.append(values["limit_level"])
    share = values.get("limit_ratio")
    if share is None or _unit(rule) == "1":
        own = [share] if share is not None else []
        return min([*found, *own], default=None), ""
    if site.rated_w is None:
        reason = f"{share:.4g} of the rated power counts too: give it with --rated"
        return min(found, default=None), reason
    if not (math.isfinite(site.rated_w) and site.rated_w > 0):
        raise LimitError(f"expected a rated power above 0 W, got {site.rated_w:g} W")
    return min([*found, share * site.rated_w]), ""


def _with_hint(error: NotAssessedError) -> str:
    """Say why, and the first way out: the others change what is asked, and a rule is a rule."""
    return f"{error.message}; {error.hint.partition(', or ')[0]}" if error.hint else error.message
