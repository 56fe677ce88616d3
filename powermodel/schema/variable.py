# SPDX-License-Identifier: Apache-2.0
"""The record of one variable of the output, and the conventions that all of them share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel.errors import StoreError

FORMAT_VERSION = 4
"""Version of the store's layout; a reader refuses one that it does not know."""

_CHECKED_AT_ONCE = 2**20

CONVENTIONS = "CF-1.11"

SIGN_CONVENTION = (
    "Load is positive. Storage power is positive when discharging. "
    "P_poi = P_load - P_storage - P_onsite."
)


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable of the output: where it stands, what it means, how it is stored.

    Parameters
    ----------
    path : str
        Group and name, such as ``"poi/power"``.
    dims : tuple of str
        Dimensions, slowest first.
    dtype : str
        NumPy name of the stored type.
    long_name : str
        A title for people.
    units : str, optional
        CF unit; None for labels.
    standard_name : str, optional
        Only where the CF table has a fitting one; it has none for electrical load.
    cell_methods : str, optional
        How a value stands for its cell, in CF terms.
    comment : str, optional
        What a reader must know beyond the title.
    """

    path: str
    dims: tuple[str, ...]
    dtype: str
    long_name: str
    units: str | None = None
    standard_name: str | None = None
    cell_methods: str | None = None
    comment: str | None = None

    @property
    def group(self) -> str:
        """Path of the group that holds the variable."""
        return self.path.rpartition("/")[0]

    @property
    def name(self) -> str:
        """Name inside the group."""
        return self.path.rpartition("/")[2]

    def attributes(self) -> dict[str, Any]:
        """Return the CF attributes, without those that are not set."""
        fields = ("long_name", "standard_name", "units", "cell_methods", "comment")
        found = {field: getattr(self, field) for field in fields}
        return {field: text for field, text in found.items() if text is not None}

    def check(self, values: Any, sizes: Mapping[str, int]) -> np.ndarray:
        """Return `values` as this variable's type, after checking shape and finiteness.

        Parameters
        ----------
        values : array_like
            In the variable's unit; dimensions as in `sizes`.
        sizes : mapping of str to int
            Expected length of each dimension that `values` has, in order.

        Raises
        ------
        StoreError
            If the shape is another, or a value is not finite.
        """
        array = np.ascontiguousarray(values, dtype=self.dtype)
        expected = tuple(sizes.values())
        if array.shape != expected:
            named = ", ".join(f"{dim} {size}" for dim, size in sizes.items())
            raise StoreError(
                f"expected an array of ({named}), got shape {array.shape}", where=self.path
            )
        if not _all_finite(array):
            first = tuple(int(index) for index in np.argwhere(~np.isfinite(array))[0])
            raise StoreError(
                f"expected finite values in {self.units}, got {array[first]} at index {first}",
                where=self.path,
            )
        return array


def _all_finite(array: np.ndarray) -> bool:
    # A part at a time, which stays in the cache: large arrays are checked twice as fast.
    rows = max(1, _CHECKED_AT_ONCE * len(array) // max(1, array.nbytes))
    parts = range(0, len(array), rows)
    return all(bool(np.isfinite(array[start : start + rows]).all()) for start in parts)


POINT = "time: point"
"""How a sample stands for its cell, in CF terms."""
ON_GRID = f"Exact at the instants of the time coordinate. {SIGN_CONVENTION}"


def series(
    path: str,
    long_name: str,
    *,
    units: str = "W",
    comment: str = ON_GRID,
    node: str | None = None,
    dtype: str | None = None,
) -> Variable:
    """Return the record of one series of the whole site, or of each node of a dimension."""
    return Variable(
        path=path,
        dims=("run", "time") if node is None else ("run", "time", node),
        dtype=dtype or ("float64" if units in ("W", "Hz") else "float32"),
        long_name=long_name,
        units=units,
        cell_methods=POINT,
        comment=comment,
    )
