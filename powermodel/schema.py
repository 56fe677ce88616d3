# SPDX-License-Identifier: Apache-2.0
"""What a run's output is made of: one record per variable, and the sign convention.

The attributes in the store, the check of what is written and the table in the documentation all
come from these records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel.errors import StoreError

FORMAT_VERSION = 2
"""Version of the store's layout; a reader refuses one that it does not know."""

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
        finite = np.isfinite(array)
        if not finite.all():
            first = tuple(int(index) for index in np.argwhere(~finite)[0])
            raise StoreError(
                f"expected finite values in {self.units}, got {array[first]} at index {first}",
                where=self.path,
            )
        return array


_POINT = "time: point"
_ON_GRID = f"Exact at the instants of the time coordinate. {SIGN_CONVENTION}"

POI_POWER = Variable(
    path="poi/power",
    dims=("run", "time"),
    dtype="float64",
    long_name="Electrical load at the point of interconnection",
    units="W",
    cell_methods=_POINT,
    comment=_ON_GRID,
)
HALL_POWER = Variable(
    path="hall/power",
    dims=("run", "time", "hall"),
    dtype="float64",
    long_name="Electrical load of each hall",
    units="W",
    cell_methods=_POINT,
    comment=_ON_GRID,
)
RACK_POWER = Variable(
    path="rack/power",
    dims=("run", "time", "rack"),
    dtype="float32",
    long_name="Electrical load of each rack",
    units="W",
    cell_methods=_POINT,
    comment=_ON_GRID,
)
PROBE_POWER = Variable(
    path="probe/power",
    dims=("run", "time", "accelerator"),
    dtype="float32",
    long_name="Electrical load of chosen accelerators",
    units="W",
    cell_methods=_POINT,
    comment=_ON_GRID,
)


def _series(path: str, long_name: str, *, units: str = "W", comment: str = _ON_GRID) -> Variable:
    """Return the record of one series of the whole site."""
    return Variable(
        path=path,
        dims=("run", "time"),
        dtype="float64" if units in ("W", "Hz") else "float32",
        long_name=long_name,
        units=units,
        cell_methods=_POINT,
        comment=comment,
    )


_LOSS = "Losses are positive: what the stage takes out of the balance, as heat."
_SOC = "Share of the usable capacity at the instant; 1 is full."

LOAD_POWER = _series("load/power", "Electrical load of the site before its storage")
STORAGE_POWER = _series("storage/power", "Power of all storage at the point of interconnection")
STORAGE_SOC = _series(
    "storage/soc", "State of charge of the farm, mean of its units", units="1", comment=_SOC
)
FREQUENCY = _series(
    "supply/frequency",
    "Frequency of the island",
    units="Hz",
    comment="The speed of its machines at the instant; 0 once none of them runs.",
)
MACHINE_POWER = _series(
    "supply/power",
    "Mechanical power of all machines of the island",
    comment=f"Above the load that they carry by what moves their speed. {SIGN_CONVENTION}",
)
GRID_VOLTAGE = _series(
    "grid/voltage",
    "Voltage at the point of interconnection",
    units="1",
    comment="Per unit of the nominal voltage, positive sequence.",
)

PARTS: Mapping[str, tuple[Variable, ...]] = {
    "load": (LOAD_POWER,),
    "storage": (
        STORAGE_POWER,
        _series("storage/command", "What was asked of all storage, when it reached the inverters"),
        STORAGE_SOC,
        _series("storage/soc_min", "State of charge of the emptiest unit", units="1", comment=_SOC),
        _series("storage/soc_max", "State of charge of the fullest unit", units="1", comment=_SOC),
        _series("storage/loss", "Losses of the farm: cells, inverters, auxiliaries", comment=_LOSS),
    ),
    "fast_storage": (
        _series("fast_storage/power", "The fast device's part of the power of all storage"),
        _series("fast_storage/soc", "State of charge of the fast device", units="1", comment=_SOC),
    ),
    "rack_store": (
        _series("rack_store/power", "Power of all rack stores on their DC buses"),
        _series(
            "rack_store/energy", "Energy in all rack stores", units="J", comment="Usable energy."
        ),
        _series("rack_store/loss", "Losses of all rack stores", comment=_LOSS),
    ),
    "smoothing": (
        _series(
            "smoothing/burnt",
            "Power that accelerators draw beyond their work, to smooth it",
            comment="Smoothed target less the work's own, where above; sum over accelerators.",
        ),
        _series(
            "smoothing/held_back",
            "Power by which smoothing holds the accelerators' work back",
            comment="The work's own target less the smoothed one, where above; sum.",
        ),
    ),
    "supply": (
        FREQUENCY,
        _series(
            "supply/rocof",
            "Rate of change of the island's frequency",
            units="Hz/s",
            comment="At the start of the step that follows the instant.",
        ),
        MACHINE_POWER,
        _series(
            "supply/voltage",
            "Voltage of the island",
            units="1",
            comment="Per unit; what the machines' reactance leaves until the regulators act.",
        ),
        _series(
            "supply/shed",
            "Load that underfrequency shedding or a blackout has taken off",
            comment="Contained in the power at the point of interconnection, which is asked for.",
        ),
        _series(
            "supply/machines",
            "Machines that run",
            units="1",
            comment="Those that have neither tripped nor been forced out.",
        ),
    ),
    "forming": (
        _series(
            "forming/power",
            "Power of the grid-forming inverters of the island",
            comment=f"Beside the site's storage, behind the POI. {SIGN_CONVENTION}",
        ),
    ),
    "grid": (
        GRID_VOLTAGE,
        _series(
            "grid/angle",
            "Angle by which the voltage at the point of interconnection lags the source",
            units="rad",
            comment="Of the source behind the short-circuit impedance.",
        ),
        _series(
            "grid/reactive",
            "Reactive power at the point of interconnection",
            units="V A",
            comment="In var: lagging positive, at the constant power factor of the scenario.",
        ),
    ),
}
"""What only some runs hold: the series of each buffering layer, by group."""

SAMPLES = (
    POI_POWER,
    HALL_POWER,
    RACK_POWER,
    PROBE_POWER,
    *(variable for part in PARTS.values() for variable in part),
)
"""What is written at every time step."""

REDUCED = (
    POI_POWER,
    HALL_POWER,
    LOAD_POWER,
    STORAGE_POWER,
    STORAGE_SOC,
    FREQUENCY,
    MACHINE_POWER,
    GRID_VOLTAGE,
)
"""What the overview levels hold minimum, mean and maximum of."""

STATISTICS = ("min", "mean", "max")
_METHODS = {"min": "minimum", "mean": "mean", "max": "maximum"}

OVERVIEW_LEVELS = (
    ("10ms", 10_000_000),
    ("100ms", 100_000_000),
    ("1s", 1_000_000_000),
    ("1min", 60_000_000_000),
    ("15min", 900_000_000_000),
)
"""Name and length of a cell in ticks of 1 ns; finest first, each divides the next."""


def overview_variable(level: str, source: Variable, statistic: str) -> Variable:
    """Return the record of one statistic of `source` at an overview level.

    Parameters
    ----------
    level : str
        Name of the level, such as ``"10ms"``.
    source : Variable
        One of `REDUCED`.
    statistic : str
        One of `STATISTICS`.
    """
    method = _METHODS[statistic]
    return Variable(
        path=f"overview/{level}/{source.group}_{source.name}_{statistic}",
        dims=source.dims,
        dtype="float64",
        long_name=f"{source.long_name}, {method} of each {level} cell",
        units=source.units,
        cell_methods=f"time: {method}",
        comment=SIGN_CONVENTION,
    )


def coordinate(group: str, name: str) -> Variable:
    """Return the record of a coordinate, which every group holds for itself."""
    dtype, units, long_name, comment = _COORDINATES[name]
    if name == "time" and group.startswith("overview/"):
        comment = "Start of the cell, which ends where the next one starts or at the run's end."
    return Variable(f"{group}/{name}", (name,), dtype, long_name, units, comment=comment)


_COORDINATES: dict[str, tuple[str, str | None, str, str | None]] = {
    "run": ("int64", None, "Number of the run in an ensemble", None),
    "time": (
        "float64",
        "s",
        "Time since the start of the run",
        "The float64 nearest to a whole number of 1 ns ticks: rint(time * 1e9) is exact.",
    ),
    "hall": ("string", None, "Name of the hall", None),
    "rack": ("int64", None, "Number of the rack", None),
    "accelerator": ("int64", None, "Number of the accelerator", None),
}

CHECKSUM = Variable(
    path="progress/checksum",
    dims=("run", "block", "array"),
    dtype="int64",
    long_name="Checksum of what each block wrote to each array",
    comment=(
        "crc32 over the 4-byte little-endian crc32 of each file that the block ends; "
        "-1 where nothing whole is written. The group's attribute 'arrays' names the arrays."
    ),
)


def variables() -> tuple[Variable, ...]:
    """Return every variable a store can hold, coordinates aside."""
    overview = (
        overview_variable(level, source, statistic)
        for level, _ in OVERVIEW_LEVELS
        for source in REDUCED
        for statistic in STATISTICS
    )
    return (*SAMPLES, *overview, CHECKSUM)


def markdown_table() -> str:
    """Return the table of variables for the documentation, in Markdown."""
    rows = ["| variable | dimensions | type | unit | cell methods | meaning |", "|" + "---|" * 6]
    rows += [
        f"| `/{v.path}` | {', '.join(v.dims)} | {v.dtype} | {v.units or ''} "
        f"| {v.cell_methods or ''} | {v.long_name} |"
        for v in variables()
    ]
    return "\n".join(rows) + "\n"
