# SPDX-License-Identifier: Apache-2.0
"""What a run's output is made of: one record per variable, and the sign convention.

The attributes in the store, the check of what is written and the table in the documentation all
come from these records: a module each for `site`, `chain`, `buffers` and `supply`, and in it a
group of the store each.
"""

from __future__ import annotations

from collections.abc import Mapping

from powermodel.schema import buffers, chain, site, supply
from powermodel.schema.account import ACCOUNT_EVERY_S, ACCOUNTS
from powermodel.schema.buffers import STORAGE_POWER, STORAGE_SOC
from powermodel.schema.chain import COOLING_POWER, STAGE_LOSSES
from powermodel.schema.site import HALL_POWER, LOAD_POWER, POI_POWER, PROBE_POWER, RACK_POWER
from powermodel.schema.supply import FREQUENCY, GRID_VOLTAGE, MACHINE_POWER, ONSITE_POWER
from powermodel.schema.variable import CONVENTIONS, FORMAT_VERSION, SIGN_CONVENTION, Variable

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_EVERY_S",
    "CHECKSUM",
    "CONVENTIONS",
    "COOLING_POWER",
    "FORMAT_VERSION",
    "FREQUENCY",
    "GRID_VOLTAGE",
    "HALL_POWER",
    "LOAD_POWER",
    "MACHINE_POWER",
    "NODES",
    "ONSITE_POWER",
    "OVERVIEW_LEVELS",
    "PARTS",
    "POI_POWER",
    "PROBE_POWER",
    "RACK_POWER",
    "REDUCED",
    "SAMPLES",
    "SIGN_CONVENTION",
    "STAGE_LOSSES",
    "STATISTICS",
    "STORAGE_POWER",
    "STORAGE_SOC",
    "Variable",
    "coordinate",
    "markdown_table",
    "overview_variable",
    "variables",
]

PARTS: Mapping[str, tuple[Variable, ...]] = site.PARTS | chain.PARTS | buffers.PARTS | supply.PARTS
"""What only some runs hold: the series of each layer, by group."""

NODES: Mapping[str, str] = supply.NODES
"""Dimensions whose labels are names that a layer gives, and what they are names of."""

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
    COOLING_POWER,
    STORAGE_POWER,
    STORAGE_SOC,
    FREQUENCY,
    MACHINE_POWER,
    GRID_VOLTAGE,
    ONSITE_POWER,
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
    if name == "time" and group in ACCOUNTS:
        comment = "The instant up to which is counted: the last is the end of the run."
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
    **{name: ("string", None, title, None) for name, title in NODES.items()},
}

CHECKSUM = Variable(
    path="progress/checksum",
    dims=("run", "block", "array"),
    dtype="int64",
    long_name="Checksum of what each block wrote to each array",
    comment=(
        "crc32c over the 4-byte little-endian crc32c of each file that the block ends; "
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
    accounts = (variable for part in ACCOUNTS.values() for variable in part)
    return (*SAMPLES, *accounts, *overview, CHECKSUM)


def markdown_table() -> str:
    """Return the table of variables for the documentation, in Markdown."""
    rows = ["| variable | dimensions | type | unit | cell methods | meaning |", "|" + "---|" * 6]
    rows += [
        f"| `/{v.path}` | {', '.join(v.dims)} | {v.dtype} | {v.units or ''} "
        f"| {v.cell_methods or ''} | {v.long_name} |"
        for v in variables()
    ]
    return "\n".join(rows) + "\n"
