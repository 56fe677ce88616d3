# SPDX-License-Identifier: Apache-2.0
"""Are there enough runs? A percentile against their number, with the interval it is known to."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.reduction import indicator_of

if TYPE_CHECKING:
    import xarray as xr

F64 = NDArray[np.float64]
TOLERANCE = 0.01
"""Share of a percentile within which it counts as settled."""
_CONFIDENCE = (2.5, 97.5)
_RESAMPLES = 1000
_SEED = 0
_FEWEST = 4
_ROWS = 40


@dataclass(frozen=True, slots=True)
class Convergence:
    """How a percentile settles with the number of runs.

    Parameters
    ----------
    indicator, unit : str
        What it is a percentile of.
    percent : float
        Which percentile, linear between two runs.
    at : str
        The point of the axes that was looked at; empty where there is one only.
    numbers : ndarray
        Numbers of runs.
    values : ndarray
        Percentile over the first so many runs, in the order of the study.
    low, high : ndarray
        Ends of its 95 % interval: 1,000 bootstrap resamples of these runs, from a fixed seed.
    """

    indicator: str
    unit: str
    percent: float
    at: str
    numbers: NDArray[np.int64]
    values: F64
    low: F64
    high: F64

    @property
    def needed(self) -> int:
        """Runs below which not one is expected beyond the percentile."""
        rest = min(self.percent, 100.0 - self.percent) / 100.0
        return math.ceil(1.0 / rest - 1e-9) if rest > 0.0 else 0

    @property
    def moved(self) -> float:
        """Largest distance from the last value over the second half of the runs, a share of it."""
        late = self.values[self.numbers >= self.numbers[-1] / 2]
        return self._share(float(np.abs(late - self.values[-1]).max()))

    @property
    def uncertainty(self) -> float:
        """Distance from the last value to the farther end of its interval, a share of it."""
        value = self.values[-1]
        return self._share(float(max(value - self.low[-1], self.high[-1] - value)))

    def settled(self, tolerance: float = TOLERANCE) -> bool:
        """Whether there are runs enough, and neither they nor the interval leave a tolerance."""
        enough = self.needed != 0 and int(self.numbers[-1]) >= self.needed
        return enough and max(self.moved, self.uncertainty) <= tolerance

    def verdict(self, tolerance: float = TOLERANCE) -> str:
        """Return a sentence that says whether the percentile is settled, and by what measure."""
        name, count = f"percentile {self.percent:g}", int(self.numbers[-1])
        if self.needed == 0:
            return f"an extreme of {count} runs never settles: more runs reach further"
        found = (
            f"the second half of {count:,} runs moved it by {self.moved:.2%}, its 95 % interval "
            f"reaches {self.uncertainty:.2%} from it; {tolerance:.0%} each is allowed"
        )
        if count < self.needed:
            return (
                f"{name} is not known: of {count:,} runs none is expected beyond it, at least "
                f"{self.needed:,} are needed ({found})"
            )
        words = "is settled" if self.settled(tolerance) else "still moves"
        return f"{name} {words}: {found}"

    def _share(self, distance: float) -> float:
        last = abs(float(self.values[-1]))
        return distance / last if last else math.inf if distance else 0.0


def convergence(
    runs: xr.DataTree,
    indicator: str,
    percent: float = 99.0,
    over: str | tuple[str, ...] = "seed",
) -> Convergence:
    """Return how a percentile settles with the number of runs, and how well it is known.

    Parameters
    ----------
    runs : DataTree
        From `powermodel.ensemble.open_study`.
    indicator : str
        Such as ``"swing[1 s]"``.
    percent : float
        Which percentile, 0 to 100.
    over : str or tuple of str
        Dimensions whose places count as runs. Of all points of the others, that with the largest
        percentile is looked at.
    """
    if not 0.0 <= percent <= 100.0:
        raise StudyError(f"expected a percentile from 0 to 100, got {percent:g}")
    values = indicator_of(runs, indicator)
    dims = (over,) if isinstance(over, str) else tuple(over)
    unknown = [dim for dim in dims if dim not in values.dims]
    if unknown:
        raise StudyError(
            f"there is no dimension {unknown[0]!r}",
            hint=f"there are {', '.join(map(str, values.dims))}",
        )
    rest = [str(dim) for dim in values.dims if dim not in dims]
    table = values.transpose(*rest, *dims).to_numpy()
    table = table.reshape(int(np.prod(table.shape[: len(rest)])), -1)
    whole = np.isfinite(table).all(axis=1)
    count = table.shape[1]
    if not whole.any() or count < _FEWEST:
        raise StudyError(
            f"expected at least {_FEWEST} runs of {indicator!r}, all whole, at one point",
            hint="add seeds",
        )
    reached = np.where(whole, np.percentile(np.nan_to_num(table), percent, axis=1), -np.inf)
    point = int(np.argmax(reached))
    numbers = np.unique(np.linspace(2, count, min(_ROWS, count - 1)).round().astype(np.int64))
    low, middle, high = _intervals(table[point], numbers, percent)
    return Convergence(
        indicator, str(values.attrs.get("units", "")), percent, _place(values, rest, point),
        numbers, middle, low, high,
    )  # fmt: skip


def _intervals(row: F64, numbers: NDArray[np.int64], percent: float) -> tuple[F64, F64, F64]:
    rng = np.random.default_rng(_SEED)
    found = np.empty((3, len(numbers)))
    for place, number in enumerate(numbers):
        drawn = row[rng.integers(number, size=(_RESAMPLES, number))]
        ends = np.percentile(np.percentile(drawn, percent, axis=1), _CONFIDENCE)
        found[:, place] = ends[0], np.percentile(row[:number], percent), ends[1]
    return found[0], found[1], found[2]


def _place(values: xr.DataArray, dims: list[str], flat: int) -> str:
    """Return the labels of a point of some dimensions."""
    where = np.unravel_index(flat, [values.sizes[dim] for dim in dims]) if dims else ()
    return ", ".join(
        f"{dim} {values[dim].to_numpy()[index]}"
        for dim, index in zip(dims, where, strict=True)
        if values.sizes[dim] > 1
    )
