# SPDX-License-Identifier: Apache-2.0
"""The charts over time of a page: which series stand together, in which color and unit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel.indicators.indicator import span
from powermodel.report.page.closeups import Closeup
from powermodel.report.page.encode import packed
from powermodel.report.page.series import PageSeries
from powermodel.report.panels import BLUE, GRAY, GREEN, ORANGE
from powermodel.schema import Variable

# Each color on white, and on the dark page: at least 3:1 against it, and told apart in gray.
PURPLE = "#9A4F82"
_DARK = {
    BLUE: "#5AB4F0", GRAY: "#B4B4B4", GREEN: "#35C79A", ORANGE: "#FF8A3D", PURPLE: "#E39AC8",
}  # fmt: skip
_OTHERS = (BLUE, ORANGE, GREEN, PURPLE, GRAY)
_SHORT = {
    "poi/power": "at the POI",
    "load/power": "load before storage",
    "storage/power": "all storage, discharging positive",
    "storage/command": "what was asked of it",
    "supply/power": "machines, mechanical",
    "forming/power": "grid-forming inverters, discharging positive",
    "supply/shed": "load shed",
    "supply/frequency": "frequency",
    "supply/rocof": "rate of change",
    "supply/voltage": "voltage, per unit",
    "supply/machines": "machines",
    "grid/voltage": "voltage, per unit",
    "grid/angle": "angle",
    "storage/loss": "losses of the farm",
    "storage/soc": "mean of the units",
    "storage/soc_min": "emptiest unit",
    "storage/soc_max": "fullest unit",
    "fast_storage/power": "its fast part",
    "fast_storage/soc": "fast device",
    "rack_store/power": "all rack stores, discharging positive",
    "rack_store/energy": "energy in all rack stores",
    "rack_store/loss": "losses of the rack stores",
    "rack_backup/power": "all rack backups, discharging positive",
    "rack_backup/energy": "energy in all rack backups",
    "rack_backup/loss": "losses of recharging",
    "rack_backup/unserved": "load that nothing carried",
    "connection/allowed": "allowed by the connection",
    "onsite/power": "own generation",
    "cooling/power": "cooling",
    "chain/reactive": "lagging positive",
    "chain/buffered": "into the capacitors",
    "chain/accelerators": "accelerators, before their racks' supplies",
    "losses/transmission": "transmission",
    "losses/distribution": "distribution",
    "losses/ups": "UPS",
    "losses/busway": "busway",
    "losses/rack_supply": "rack supplies",
    "losses/tray": "trays, inside the racks",
    "losses/module": "modules, inside the accelerators",
    "smoothing/burnt": "burnt: drawn beyond the work",
    "smoothing/held_back": "held back: work not yet drawn",
}
_GROUPS = (
    ("power", "Load and what the grid gets",
     ("load/power", "poi/power", "connection/allowed", "onsite/power")),
    ("outside", "Losses between POI and racks",
     ("losses/transmission", "losses/distribution", "losses/ups", "losses/busway")),
    ("inside", "Losses inside the racks", ("losses/rack_supply", "losses/tray", "losses/module")),
    ("cooling", "Cooling", ("cooling/power",)),
    ("reactive", "Reactive power of the load", ("chain/reactive",)),
    ("storage", "Storage farm: power",
     ("storage/power", "storage/command", "fast_storage/power", "storage/loss")),
    ("charge", "Storage farm: state of charge",
     ("storage/soc", "storage/soc_min", "storage/soc_max", "fast_storage/soc")),
    ("rack-store", "Rack stores: power", ("rack_store/power", "rack_store/loss")),
    ("rack-energy", "Rack stores: energy", ("rack_store/energy",)),
    ("rack-backup", "Rack backups: power",
     ("rack_backup/power", "rack_backup/unserved", "rack_backup/loss")),
    ("backup-energy", "Rack backups: energy", ("rack_backup/energy",)),
    ("island", "Island: what carries the load",
     ("supply/power", "forming/power", "supply/shed")),
    ("frequency", "Island: frequency", ("supply/frequency",)),
    ("smoothing", "Smoothing inside the accelerators", ("smoothing/burnt", "smoothing/held_back")),
)  # fmt: skip
_COLORS = {"load/power": GRAY, "poi/power": BLUE}
_LOSSES = ("loss", "losses")
"""Name of a variable, or of its group, that is left out of the parts sample by sample."""
_CHARGE = "soc"
_SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "W": ((1e6, "MW"), (1e3, "kW"), (1.0, "W")),
    "V A": ((1e6, "Mvar"), (1e3, "kvar"), (1.0, "var")),
    "J": ((3.6e9, "MWh"), (3.6e6, "kWh"), (3.6e3, "Wh"), (1.0, "J")),
}


@dataclass(frozen=True, slots=True)
class Chart:
    """Series of one unit over time.

    Parameters
    ----------
    name : str
        Identifier in the page.
    title : str
        For people.
    series : tuple of PageSeries
        What is drawn, first below.
    scale : float
        What values are divided by.
    unit : str
        Then.
    """

    name: str
    title: str
    series: tuple[PageSeries, ...]
    scale: float
    unit: str

    @property
    def text(self) -> str:
        """What the chart shows, in words and numbers."""
        return " ".join(_sentence(item, self.scale, self.unit) for item in self.series)


def charts_of(found: Sequence[PageSeries]) -> list[Chart]:
    """Return the charts over time of a run: load and POI first, then each layer.

    A variable that no chart names gets one of its own.
    """
    by_path = {item.path: item for item in found}
    known = {path for _, _, paths in _GROUPS for path in paths}
    groups = [
        *_GROUPS,
        *((item.path.replace("/", "-"), item.variable.long_name, (item.path,))
          for item in found if item.path not in known),
    ]  # fmt: skip
    charts = []
    for name, title, paths in groups:
        series = tuple(by_path[path] for path in paths if path in by_path)
        if series:
            charts.append(Chart(name, title, series, *_scale(series)))
    return charts


def chart_data(chart: Chart) -> dict[str, Any]:
    """Return a chart as the page's script reads it."""
    return {
        "id": chart.name,
        "unit": chart.unit,
        "series": [_series_data(chart, item, place) for place, item in enumerate(chart.series)],
    }


def closeup_data(parts: Iterable[Closeup], charts: Sequence[Chart]) -> list[dict[str, Any]]:
    """Return the parts sample by sample: every power but losses, in the unit of its chart."""
    return [
        {
            "id": f"closeup-{number}",
            "title": part.title,
            "begin": part.begin_s,
            "end": part.end_s,
            "values": {
                item.path: packed(item.part(part.first, part.count) / chart.scale)
                for chart in charts
                for item in chart.series
                if item.variable.units == "W" and not _is_loss(item.variable)
            },
        }
        for number, part in enumerate(parts)
    ]


def closeup_text(part: Closeup, chart: Chart, dt_s: float) -> str:
    """Say what a part shows, in words and numbers."""
    words = [
        f"From {part.begin_s:.10g} s to {part.end_s:.10g} s, a sample every {span(dt_s)}.",
        *(_extremes(label_of(item.path), values / chart.scale, chart.unit)
          for item in chart.series
          for values in (item.part(part.first, part.count),)),
    ]  # fmt: skip
    return " ".join(words)


def _is_loss(variable: Variable) -> bool:
    return variable.name in _LOSSES or variable.group in _LOSSES


def dark_of(color: str) -> str:
    """Return what a color of the light page is on the dark one."""
    return _DARK[color]


def label_of(path: str) -> str:
    """Return what a legend calls a series."""
    return _SHORT.get(path, path)


def _scale(series: Iterable[PageSeries]) -> tuple[float, str]:
    listed = list(series)
    unit = listed[0].variable.units or "1"
    if listed[0].variable.name.startswith(_CHARGE):
        return 0.01, "%"
    if unit not in _SCALES:
        return 1.0, "" if unit == "1" else unit
    peak = max(float(np.abs((item.cells.low, item.cells.high)).max()) for item in listed)
    return next((pair for pair in _SCALES[unit] if peak >= pair[0]), _SCALES[unit][-1])


def _series_data(chart: Chart, item: PageSeries, place: int) -> dict[str, Any]:
    cells = item.cells
    color = _COLORS.get(item.path, _OTHERS[place % len(_OTHERS)])
    kinds: Iterator[tuple[str, Any]] = zip(
        ("low", "mean", "high"), (cells.low, cells.mean, cells.high), strict=True
    )
    values = [("mean", cells.mean)] if cells.single else list(kinds)
    return {
        "path": item.path,
        "label": label_of(item.path),
        "color": color,
        "dark": dark_of(color),
        "begin": cells.begin_s,
        "cell": cells.cell_s,
        "end": cells.end_s,
        **{kind: packed(numbers / chart.scale) for kind, numbers in values},
    }


def _sentence(item: PageSeries, scale: float, unit: str) -> str:
    cells = item.cells
    low, high = float(cells.low.min()) / scale, float(cells.high.max()) / scale
    mean = float(cells.mean.mean()) / scale
    name = f"{item.variable.long_name} ({label_of(item.path)})"
    extent = _with_unit(f"{low:.5g} to {high:.5g}", unit)
    return f"{name}: {extent}, mean {_with_unit(f'{mean:.5g}', unit)}."


def _extremes(label: str, values: Any, unit: str) -> str:
    return f"Power {label}: {float(values.min()):.5g} to {float(values.max()):.5g} {unit}."


def _with_unit(number: str, unit: str) -> str:
    return f"{number} {unit}".rstrip()
