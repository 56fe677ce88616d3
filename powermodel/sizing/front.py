# SPDX-License-Identifier: Apache-2.0
"""The trade-off front: for every variant the smallest farm that meets the limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from powermodel.sizing.axes import Axis, variants
from powermodel.sizing.bisection import Smallest
from powermodel.sizing.ensemble import Judged, SeedEnsemble
from powermodel.sizing.errors import SizingError, UnreachableError
from powermodel.sizing.setting import DELAY, Changes, Measured, Setting

_NOTHING_BINDS = "none: kept without a farm"


@dataclass(frozen=True, slots=True)
class Row:
    """One variant.

    Parameters
    ----------
    changes : Changes
        Which.
    found : Smallest
        How the number of units was searched.
    before : Judged
        Without a farm.
    at : Judged
        With the answer's number of units; where there is none, with the best that was judged.
    fewer : Judged or None
        With one unit fewer, which fails: it says what binds.
    seeds_range : tuple of int, optional
        Fewest and most units that single seeds need.
    """

    changes: Changes
    found: Smallest
    before: Judged
    at: Judged
    fewer: Judged | None
    seeds_range: tuple[int, int] | None

    @property
    def units(self) -> int | None:
        """Units needed, or None where no number of them does."""
        return self.found.value

    @property
    def worst(self) -> Measured:
        """The worst seed with that number."""
        return self.at.worst

    @property
    def binding(self) -> str:
        """What keeps the answer from being smaller, or out of reach."""
        if self.fewer is not None:
            return self.fewer.worst.binding
        return _NOTHING_BINDS if self.units == 0 else self.worst.binding


def search_row(ensemble: SeedEnsemble, changes: Changes, most: int) -> Row:
    """Find the smallest farm of one variant.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The runs.
    changes : Changes
        The variant.
    most : int
        Largest number of units.
    """
    base = Setting(0, changes)
    before = ensemble.judge(base)
    found = ensemble.fewest(base, most)
    if found.value is None:
        best = max((before, ensemble.judge(base.with_units(most))), key=lambda item: item.margin)
        return Row(changes, found, before, best, None, None)
    at = ensemble.judge(base.with_units(found.value))
    fewer = ensemble.judge(base.with_units(found.value - 1)) if found.value else None
    return Row(changes, found, before, at, fewer, _over_seeds(ensemble, base, found.value))


def _over_seeds(ensemble: SeedEnsemble, base: Setting, units: int) -> tuple[int, int]:
    """Return the fewest and the most units that single seeds need."""
    needs = [_alone(ensemble.only(seed), base, units) for seed in ensemble.seeds]
    return min(needs), max(needs)


def _alone(ensemble: SeedEnsemble, base: Setting, units: int) -> int:
    found = ensemble.fewest(base, units)
    return units if found.value is None else found.value


def search_front(
    ensemble: SeedEnsemble,
    axes: Sequence[Axis],
    most: int,
    progress: Callable[[Row], None] | None = None,
) -> tuple[Row, ...]:
    """Find the smallest farm of every variant.

    Parameters
    ----------
    ensemble : SeedEnsemble
        The runs.
    axes : sequence of Axis
        What is varied besides the number of units.
    most : int
        Largest number of units.
    progress : callable, optional
        Told each row.
    """
    if most < 1:
        raise SizingError(f"expected at least one unit to search among, got {most}")
    rows = []
    for changes in variants(axes):
        rows.append(search_row(ensemble, changes, most))
        if progress is not None:
            progress(rows[-1])
    return tuple(rows)


def costs(row: Row, axes: Sequence[Axis]) -> tuple[float, ...]:
    """Return what a row costs: units, burnt share, loss share, and each axis that costs."""
    assert row.units is not None
    places = [
        float(axis.values.index(value))
        for axis, (_, value) in zip(axes, row.changes, strict=True)
        if axis.costs
    ]
    return (float(row.units), row.worst.burnt_share, row.worst.loss_share, *places)


def is_on_front(row: Row, rows: Sequence[Row], axes: Sequence[Axis]) -> bool:
    """Whether no other row costs less in something and nothing more in the rest."""
    if row.units is None:
        return False
    own = costs(row, axes)
    others = [costs(other, axes) for other in rows if other.units is not None and other is not row]
    return not any(
        other != own and all(o <= mine for o, mine in zip(other, own, strict=True))
        for other in others
    )


def require_reached(rows: Sequence[Row], most: int) -> None:
    """Refuse a search in which no variant meets the limits.

    Raises
    ------
    UnreachableError
        That says which limit stops the best setting, and how far it stays off.
    """
    if any(row.units is not None for row in rows):
        return
    best = max(rows, key=lambda row: row.at.margin)
    outcome = best.worst.assessment.worst
    held = best.worst.held_back
    if held is None:
        because = f"nothing in the farm held it back, {DELAY} did"
        advice = "allow a lower latency, another control, a rack store, a floor, or a wider limit"
    else:
        share = 100 * best.worst.limited[held]
        because = f"the farm was held back by {held} {share:.3g} % of the time"
        advice = "allow more units, a lower latency, a rack store, a floor, or a wider limit"
    words = ", ".join(f"{path}={value}" for path, value in best.changes) or "the scenario as it is"
    raise UnreachableError(
        f"no setting with up to {most} units keeps {outcome.limit.name!r}: the best,"
        f" {best.at.setting.units} units with {words}, stays at {outcome.display()},"
        f" {outcome.factor:.4g} times the limit (seed {best.at.worst_seed})",
        hint=f"{because}; {advice}",
    )
