# SPDX-License-Identifier: Apache-2.0
"""Markdown tables made from the code: fields of a scenario, variables, records, definitions."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

import powermodel_datasets as datasets
from powermodel import schema
from powermodel.indicators import frequency_bands, power_ramps, summarize
from powermodel.indicators.buffering import buffering
from powermodel.scenario import base
from powermodel.scenario.controllers import controllers as control_laws
from powermodel.units import canonical
from powermodel_kernels.control.record import Parameter
from powermodel_kernels.control.registry import SHARED

RESULTS = Path(__file__).parents[2] / "benchmarks" / "results"

# How a value of each type is written in YAML, by the name of the type in the code.
_WRITTEN = {
    "str": "text",
    "int": "whole number",
    "float": "number",
    "bool": "`true` or `false`",
    "StrictBool": "`true` or `false`",
    "Duration": 'time above 0, `"2.5 s"`',
    "Instant": 'time, `"2.5 s"`',
    "Power": 'power, `"40 MW"`',
    "Energy": 'energy, `"65 J"` or `"4 MWh"`',
    "Frequency": 'frequency, `"60 Hz"`',
    "Percent": 'percent, `90` or `"90 %"`',
    "RateField": 'rate, `"400 W/s"` or `"0.5 TDP/s"`',
    "Ramp": 'ramp, `"400 W/s"`',
    "Unit": "name of a `storage-unit` record or [unit](#unit)",
    "GovernorPart": "name of a `governor` record or [governor](#governor)",
    "ShaftPart": "name of a `shaft` record or [shaft](#shaft)",
    "ConnectionPart": "name of a `site` record or [step](#connection-step)",
    "Moment": 'moment with UTC offset, `"2026-07-01T06:00:00-05:00"`',
    "Day": 'day or month, `"2026-07-01"` or `"2026-07"`',
    "Latitude": 'angle, north positive, `"35.06 deg"`',
    "Longitude": 'angle, east positive, `"-90.15 deg"`',
    "Altitude": 'height, `"80 m"`',
    "Tilt": 'angle from the horizontal, `"25 deg"`',
    "Azimuth": 'angle from north by east, `"180 deg"`',
    "Celsius": 'temperature, `"20 degC"`',
    "StageName": "name of a `loss-stage` record",
    "Ratio": 'ratio of at least 0, `0.12` or `"12 %"`',
    "Fraction": 'share from 0 to 1, `0.02` or `"2 %"`',
    "Sigma": 'share from 0 to 1, `0.02` or `"2 %"`',
    "Correlation": "number from 0 to 1",
    "Count": "whole number from 1",
    "Whole": "whole number from 0",
    "Level": '`"0.95 TDP"`, `"1140 W"` or `idle`',
    "EveryField": '`"20 min"` or `"100 iterations"`',
    "Section": "list of [phases](#phase) and [repeats](#repeat)",
    "Item": "[phase](#phase) or [repeat](#repeat)",
    "Periodic": "[periodic](#periodic)",
    "TraceSpec": "[trace](#trace)",
}
# Fields whose type in the code is not one of these words.
_OWN_WORDS = {
    ("Scenario", "powermodel"): "`1`",
    ("Scenario", "seed"): "whole number from 0",
    ("Time", "fastest_response"): 'time above 0, `"2.5 s"`, or `auto`',
    ("Output", "racks"): "`none`, `all` or a list of whole numbers from 0",
    ("Hall", "rack"): "name of a record, or [rack](#rack)",
    ("Hall", "store"): "name of a record, or [rack store](#rack-store)",
    ("RackStore", "like"): "name of a `rack-store` record",
    ("Hall", "backup"): "name of a record, or [rack backup](#rack-backup)",
    ("BackupShelf", "like"): "name of a `rack-backup` record",
    ("InputSag", "halls"): "list of text",
    ("Site", "sags"): "list of [sags](#sags)",
    ("Site", "architecture"): "name of a record, or [architecture](#architecture)",
    ("Architecture", "like"): "name of an `architecture` record",
    ("Architecture", "mode"): "name of a `chain-mode` record, or [mode](#mode)",
    ("Cooling", "like"): "name of a `cooling` record",
    ("Smoothing", "profile"): "name of a `smoothing-profile` record",
    ("UnitFields", "like"): "name of a `storage-unit` record",
    ("Storage", "soc_window"): "two shares, `[0.2, 0.8]`",
    ("FastStorage", "soc_window"): "two shares, `[0.5, 1.0]`",
    ("RackFields", "like"): "name of a `rack` record",
    ("RackFields", "accelerator"): "name of a record, or [accelerator](#accelerator)",
    ("RackFields", "supply"): "name of a `conversion` record",
    ("AcceleratorFields", "like"): "name of an `accelerator` record",
    ("AcceleratorFields", "edpp_factor"): "number from 1 to 3",
}
# What the code leaves to the name of a field.
_MEANINGS = {
    ("Scenario", "name"): "Stands in tables, pictures and the store.",
    ("Scenario", "description"): "For people.",
    ("Scenario", "jobs"): "In the order in which they take racks.",
    ("Scenario", "seed"): "Of all random numbers.",
    ("Site", "name"): "Stands in the store.",
    ("Site", "halls"): "In the order in which racks are numbered.",
    ("Hall", "name"): "By which jobs name it, and a coordinate of the result.",
    ("Hall", "racks"): "How many.",
    ("RackFields", "accelerator"): "Of which type.",
    ("RackFields", "rated_power"): "Rates the stages before the rack; nothing is cut off at it.",
    ("RackFields", "supply_rating"): "Rating of the rack's supplies together.",
    ("RackFields", "supply"): "Whose efficiency the supplies have.",
    ("AcceleratorFields", "tdp"): "Thermal design power, the unit of `TDP`.",
    ("AcceleratorFields", "idle_power"): "Without work; what `idle` means.",
    ("AcceleratorFields", "rise_time_10_90"): "Of a step up.",
    ("AcceleratorFields", "fall_time_90_10"): "Of a step down.",
    ("AcceleratorFields", "edpp_factor"): "Peak over target after a step up, 1 without overshoot.",
    ("AcceleratorFields", "edpp_time"): "Time constant with which the overshoot decays.",
    ("AcceleratorFields", "rating_spread"): "Sigma of the power scale between accelerators.",
    ("Job", "name"): "Stands in messages.",
    ("Job", "accelerators"): "How many.",
    ("Job", "failures"): "Crashes of the whole job; needs `program.restart`.",
    ("Pipeline", "stages"): "How many; they divide the accelerators.",
    ("Phase", "name"): "For people.",
    ("Repeat", "repeat"): "How many times.",
    ("Repeat", "phases"): "What comes so many times.",
    ("Periodic", "phases"): "What is done.",
    ("Column", "column"): "Title of the column.",
    ("Column", "unit"): "Of its numbers, such as `ms` or `kW`.",
    ("TraceSpec", "time"): "Where the times stand.",
    ("TraceSpec", "power"): "Where the powers stand.",
    ("Time", "duration"): "Length of the run, a whole number of steps.",
    ("Storage", "unit"): "Of which type.",
    ("Storage", "units"): "How many; each is stepped by itself.",
    ("FastStorage", "unit"): "Of which type; a mapping names a record with `like`.",
    ("FastStorage", "units"): "How many.",
    ("UnitFields", "like"): "Record to start from; what cannot be given here comes from it too.",
    ("UnitOutage", "units"): "How many.",
    ("UnitOutage", "at"): "Since the start of the run.",
    ("UnitOutage", "until"): "Since the start of the run.",
    ("StorageSpread", "capacity"): "Sigma between units.",
    ("StorageSpread", "resistance"): "Sigma between units.",
    ("InverterLatency", "inverter_delay"): "Pure delay.",
    ("StorageLatency", "inverter_delay"): "Pure delay of the inverters.",
    ("RackStore", "energy_per_accelerator"): "Of a full store.",
    ("InputSag", "duration"): "How long.",
    ("PowerCap", "power"): "The limit.",
    ("SoftwareFloor", "floor"): "What the accelerator draws at least.",
    ("Machines", "count"): "How many.",
    ("Condensers", "count"): "How many.",
    ("MachineOutage", "units"): "How many.",
    ("MachineOutage", "at"): "Since the start of the run.",
    ("Trips", "low"): "Below it the delay runs.",
    ("Trips", "high"): "Above it the delay runs.",
    ("Trips", "delay"): "Outside for longer, the unit is gone.",
    ("Island", "nominal_frequency"): "50 or 60 Hz.",
    ("Grid", "nominal_frequency"): "50 or 60 Hz.",
    ("Output", "halls"): "Whether the power of each hall is kept.",
}


def _models(part: type[base.Part] = base.Part) -> Iterator[tuple[str, type[base.Part]]]:
    """Yield every part of a scenario by the name of its class."""
    for found in part.__subclasses__():
        yield found.__name__, found
        yield from _models(found)


_MODELS = dict(_models())


def table(header: Iterable[str], rows: Iterable[Iterable[Any]]) -> str:
    """Return a Markdown table; a bar in a cell is kept as text."""
    titles = list(header)
    lines = [titles, ["---"] * len(titles), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(text: Any) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def scenario_fields(name: str) -> str:
    """Return the fields of one part of a scenario."""
    model = _MODELS[name]
    described = base._field_docstrings(model)
    rows = []
    for field, info in model.model_fields.items():
        annotation = _annotation(model, field)
        tree = ast.parse(annotation, mode="eval").body
        written = _OWN_WORDS.get((name, field)) or _in_words(tree)
        default = "required" if info.is_required() else _default(annotation, info.default)
        meaning = _MEANINGS.get((name, field)) or described.get(field) or _meaning(tree)
        rows.append((f"`{field}`", written, default, _markdown(meaning)))
    return table(("field", "written as", "default", "meaning"), rows)


def _meaning(node: ast.expr) -> str:
    """Return what the part that a field holds says of itself."""
    for word in ast.walk(node):
        if isinstance(word, ast.Name) and word.id in _MODELS:
            return str(_MODELS[word.id].__doc__).partition("\n")[0]
    return ""


def _annotation(model: type, field: str) -> str:
    """Return the type of a field as the code writes it."""
    found = (inspect.get_annotations(owner).get(field) for owner in model.__mro__)
    return str(next(annotation for annotation in found if annotation is not None))


def _in_words(node: ast.expr) -> str:
    """Return how a value of an annotated type is written."""
    if isinstance(node, ast.BinOp):
        return " or ".join(_in_words(part) for part in (node.left, node.right) if not _none(part))
    if isinstance(node, ast.Subscript):
        outer = ast.unparse(node.value)
        inner = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if outer == "Annotated":
            kind = _record_kind(inner)
            return f"name of a `{kind}` record" if kind else _in_words(inner[0])
        if outer == "Literal":
            return ", ".join(f"`{ast.literal_eval(item)}`" for item in inner)
        return f"list of {_plural(_in_words(inner[0]))}"
    word = ast.unparse(node)
    title = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", word).lower()
    title = title.removesuffix(" fields")
    return _WRITTEN.get(word) or f"[{title}](#{title.replace(' ', '-')})"


def _record_kind(annotated: list[ast.expr]) -> str | None:
    """Return of which kind of record an annotated text is the name; None if of none."""
    for item in annotated[1:]:
        if isinstance(item, ast.Call) and ast.unparse(item.func) == "_name_of":
            return str(ast.literal_eval(item.args[0]))
    return None


def _none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _plural(words: str) -> str:
    if words.startswith("["):
        return words if "s]" in words else words.replace("]", "s]", 1)
    head, comma, example = words.partition(",")
    return {"text": "texts", "time": "times"}.get(head, head.replace("number", "numbers")) + (
        comma + example
    )


def _default(annotation: str, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, base.Part):
        given = value.model_dump(mode="json", exclude_defaults=True)
        return "`{" + ", ".join(f"{key}: {item}" for key, item in given.items()) + "}`"
    if isinstance(value, tuple):
        return f"`{list(value)}`"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if annotation.startswith(("Duration", "Instant")):
        return f'`"{canonical(value, "s")}"`'
    if annotation == "Power":
        return f'`"{canonical(value, "W")}"`'
    return f"`{value}`" if value != "" else "none"


def _markdown(text: str) -> str:
    """Return a docstring as Markdown; a file states its unit, so ``in s`` would be wrong here."""
    return re.sub(r"^In s\.|, in s\b", "", text).replace("``", "`")


def variables() -> str:
    """Return the variables of a store."""
    return schema.markdown_table()


def records(kind: str) -> str:
    """Return every record of a kind with the sources that it cites."""
    found = [datasets.load(kind, name) for name in datasets.names(kind)]
    sources = sorted({value.source for record in found for value in record.values()})
    parts = [_record(record, sources) for record in found]
    listed = "\n".join(f"{number}. {source}" for number, source in enumerate(sources, start=1))
    return "\n\n".join([*parts, f"**Sources of the {kind} records**", listed])


def _record(record: datasets.Record, sources: list[str]) -> str:
    words = [f"**`{record.name}`**: {record.title}."]
    if record.as_of:
        words.append(f"As of {record.as_of}.")
    words += [f"{field}: `{target}`." for field, target in record.links.items()]
    if record.note:
        words.append(record.note)
    rows = [
        (f"`{field}`", value.stated, _spread(value), value.confidence, value.date,
         f"[{sources.index(value.source) + 1}]", value.note)
        for field, value in record.items()
    ]  # fmt: skip
    header = ("field", "value", "range or tolerance", "C", "date", "source", "note")
    return " ".join(" ".join(words).split()) + "\n\n" + table(header, rows)


def _spread(value: datasets.Value) -> str:
    found = []
    unit = "" if value.unit == "1" else f" {value.unit}"
    if value.range is not None:
        found.append("{:g} to {:g}".format(*value.range) + unit)
    if value.tolerance is not None:
        found.append(f"± {value.tolerance:g}{unit}")
    return "; ".join(found)


def definitions(subject: str) -> str:
    """Return definitions as results carry them.

    The subject is ``levels``, ``ramps``, ``bands``, ``lines`` or ``buffering``.
    """
    if subject == "buffering":
        rows = [(f"`{item.name}`", item.unit, item.definition) for item in _buffering()]
        return table(("indicator", "unit", "definition"), rows)
    if subject == "ramps":
        rows = [(f"`{name}`", text) for name, text in power_ramps.DEFINITIONS.items()]
        return table(("definition", "change within a window"), rows)
    if subject == "bands":
        rows = [
            ("`energy_share`", "1", frequency_bands.ENERGY_DEFINITION),
            ("`magnitude_sum`", "W", frequency_bands.MAGNITUDE_DEFINITION),
            ("`rms`", "W", frequency_bands.RMS_DEFINITION),
        ]
        return table(("result", "unit", "definition"), rows)
    found = [item for item in _summary() if _subject(item.name) == subject]
    rows = [(f"`{item.name}`", item.unit, item.definition) for item in found]
    return table(("indicator", "unit", "definition"), rows)


def _summary() -> Any:
    """Return every indicator of a short record; only their names and definitions are used."""
    return summarize([1.0, 2.0, 3.0, 2.0, 1.0, 2.0, 3.0, 2.0] * 8, 0.01, lines=1)


def _subject(name: str) -> str:
    kinds = {"ramp": "ramps", "swin": "ramps", "ener": "bands", "magn": "bands", "line": "lines"}
    return "levels" if name == "energy" else kinds.get(name[:4], "levels")


def _buffering() -> Any:
    """Return every indicator of buffering; only their names and definitions are used."""
    series: dict[str, Any] = {}
    time = ("time", np.arange(30) / 10, {"units": "s"})
    groups = (*schema.PARTS.values(), *schema.ACCOUNTS.values())
    for variable in (schema.POI_POWER, *(v for part in groups for v in part)):
        if variable.dims == ("run", "time"):
            values = xr.DataArray(
                np.linspace(1, 2, 30)[None], dims=variable.dims, attrs={"units": variable.units}
            )
            group = series.setdefault(variable.group, xr.Dataset(coords={"time": time}))
            group[variable.name] = values
    return buffering(xr.DataTree.from_dict(series))


def controllers() -> str:
    """Return the control laws with their own parameters, then those of every law."""
    laws = control_laws()
    parts = []
    for name in laws.names():
        law = laws.find(name)
        source = f" Source: {law.source}." if law.source else ""
        parts.append(f"**`{name}`**: {law.title}.{source}\n\n{_parameters(law.parameters)}")
    return "\n".join(parts) + f"\n**Of every law**\n\n{_parameters(SHARED)}"


def _parameters(parameters: Iterable[Parameter]) -> str:
    rows = [
        (f"`{p.name}`", p.unit, "required" if p.default is None else f"`{p.default:g}`",
         "" if p.default is None else p.confidence, p.text)
        for p in parameters
    ]  # fmt: skip
    return table(("parameter", "unit", "default", "C", "meaning"), rows) if rows else ""


def benchmarks() -> str:
    """Return the tables that are kept of benchmark runs, newest first."""
    kept = sorted(RESULTS.glob("*.txt"), reverse=True)
    if not kept:
        return "No result is kept with this version; `make bench` measures on your machine.\n"
    return "\n\n".join(f"**{path.stem}**\n\n```text\n{path.read_text()}\n```" for path in kept)
