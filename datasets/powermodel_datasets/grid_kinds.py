# SPDX-License-Identifier: Apache-2.0
"""Kinds of record for what a site meets in the grid: test grids, two-area swings, marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind, maybe

MAX_MODES = 6


def modes(record: Record) -> list[tuple[float, float | None]]:
    """Return (frequency in Hz, damping ratio where it is known) of every mode of a record."""
    return [
        (
            record[f"mode_{i}"].value,
            record[f"damping_{i}"].value if f"damping_{i}" in record else None,
        )
        for i in range(1, MAX_MODES + 1)
        if f"mode_{i}" in record
    ]


def _modes_or_band(record: Record, _find: Find) -> Iterator[str]:
    """Require a band that rises, or modes without a gap, and not both."""
    numbers = [i for i in range(1, MAX_MODES + 1) if f"mode_{i}" in record]
    if numbers != list(range(1, len(numbers) + 1)):
        yield "expected mode_1 to mode_n without a gap"
    edges = [name for name in ("low", "high") if name in record]
    if bool(edges) == bool(numbers):
        yield "expected either low and high, or modes"
    elif edges and len(edges) < 2:
        yield "expected both low and high"
    elif edges and record["low"].value > record["high"].value:
        yield "low must not be above high"


_MODES = {
    **{
        f"mode_{i}": maybe(f"frequency of mode {i}", "Hz", 0.01, 500)
        for i in range(1, MAX_MODES + 1)
    },
    **{
        f"damping_{i}": maybe(f"damping ratio of mode {i}", "1", -0.1, 1)
        for i in range(1, MAX_MODES + 1)
    },
}

FREQUENCY_MARK = Kind(
    title="Mark in a spectrum: a band that planners look at, a published mode, or an event",
    words={"sort": ("band", "torsional", "event")},
    fields={
        "low": maybe("lower edge", "Hz", 0, 500),
        "high": maybe("upper edge", "Hz", 0, 500),
        **_MODES,
    },
    rules=(_modes_or_band,),
)

GRID_CASE = Kind(
    title="Test grid that ANDES ships: its files, and its modes as shipped",
    words={"file": ()},
    fields={
        "frequency": Field("nominal frequency", "Hz", 50, 60),
        "base": Field("system base", "W", 1e6, 1e9),
        "load": Field("load of the case", "W", 1e6, 1e12),
        **_MODES,
    },
)

TWO_AREA = Kind(
    title="Two areas that swing against each other, each one machine with a steam governor (TGOV1)",
    fields={
        "frequency": Field("nominal frequency", "Hz", 50, 60),
        "mode_frequency": Field("of the swing of one area against the other", "Hz", 0.05, 3),
        "mode_damping": Field("its damping ratio", "1", 0.001, 0.5),
        **{
            f"{name}_{area}": Field(f"{text}, area {area}", unit, low, high)
            for area in (1, 2)
            for name, text, unit, low, high in (
                ("base", "apparent power of the running machines", "W", 1e7, 1e12),
                ("inertia", "H on that base", "s", 0.5, 20),
                ("droop", "R on that base", "1", 0.005, 1),
                ("valve_time", "T1, valve", "s", 0.01, 10),
                ("lead_time", "T2, turbine lead", "s", 0, 60),
                ("lag_time", "T3, turbine lag", "s", 0.01, 60),
                ("load_damping", "change of load per change of frequency", "1", 0, 10),
            )
        },
    },
)

GRID_KINDS: Mapping[str, Kind] = {
    "frequency-mark": FREQUENCY_MARK,
    "grid-case": GRID_CASE,
    "two-area": TWO_AREA,
}
