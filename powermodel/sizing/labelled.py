# SPDX-License-Identifier: Apache-2.0
"""The answer as labelled data with CF attributes, and as what JSON can hold."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.schema import CONVENTIONS, SIGN_CONVENTION, Variable
from powermodel.sizing.ensemble import Judged
from powermodel.sizing.front import Row
from powermodel.sizing.latency import LatencySweep
from powermodel.sizing.setting import Measured
from powermodel.sizing.study import Answer
from powermodel.sizing.variables import FRONT, LATENCY, SERIES

if TYPE_CHECKING:
    import xarray as xr

_OF_WORST: Mapping[str, Callable[[Measured], float]] = {
    "power_used": lambda run: run.power_w,
    "energy_used": lambda run: run.energy_j,
    "soc_swing": lambda run: run.soc_swing,
    "soc_drift": lambda run: run.soc_drift,
    "burnt": lambda run: run.burnt_share,
    "loss": lambda run: run.loss_share,
}


def to_tree(answer: Answer) -> xr.DataTree:
    """Return the answer as a tree: ``/front``, ``/latency``, ``/series``.

    Parameters
    ----------
    answer : Answer
        From `powermodel.sizing.answer`.
    """
    import xarray as xr

    groups = {"/": xr.Dataset(attrs=_attributes(answer)), "/front": _front(answer)}
    if answer.sweep is not None:
        groups["/latency"] = _latency(answer.sweep)
    groups["/series"] = _series(answer)
    return xr.DataTree.from_dict(groups)


def front_numbers(answer: Answer) -> dict[str, list[float]]:
    """Return every variable of the front, one number for each row, NaN where there is none."""
    return {
        variable.name: [_number(answer, place, variable.name) for place in range(len(answer.rows))]
        for variable in FRONT
    }


def _number(answer: Answer, place: int, name: str) -> float:
    row = answer.rows[place]
    units = math.nan if row.units is None else float(row.units)
    if name in _OF_WORST:
        return _OF_WORST[name](row.worst)
    seeds = row.seeds_range or (math.nan, math.nan)
    delay = answer.allowed_s[place]
    return float(
        {
            "units": units,
            "units_low": seeds[0],
            "units_high": seeds[1],
            "power": units * answer.unit_power_w,
            "energy": units * answer.unit_energy_j,
            "margin": row.at.margin,
            "latency_allowed": math.nan if delay is None else delay,
            "on_front": float(answer.on_front[place]),
        }[name]
    )


def _front(answer: Answer) -> xr.Dataset:
    import xarray as xr

    numbers = front_numbers(answer)
    variables = {v.name: _array(v, numbers[v.name]) for v in FRONT}
    coords: dict[str, Any] = {
        "setting": np.arange(len(answer.rows)),
        "binding": ("setting", _words([row.binding for row in answer.rows])),
    }
    for place, axis in enumerate(answer.question.axes):
        coords[axis.name] = ("setting", _words([row.changes[place][1] for row in answer.rows]))
    return xr.Dataset(variables, coords=coords)


def _words(values: list[Any]) -> Any:
    """Return texts as an array that every store can hold, whatever their length."""
    return np.array([str(value) for value in values], dtype=object)


def _latency(found: LatencySweep) -> xr.Dataset:
    import xarray as xr

    numbers = {
        "margin": [judged.margin for judged in found.judged],
        "variation": found.largest(lambda run: run.variation),
        "line_ratio": found.largest(lambda run: run.line_ratio),
    }
    delay = ("latency", list(found.latencies_s), {"units": "s", "long_name": "Pure delay"})
    evens = {
        "line_break_even_s": found.line_break_even_s,
        "variation_break_even_s": found.variation_break_even_s,
        "analytic_break_even_s": found.analytic_s,
        "analytic_break_even_with_lag_s": found.analytic_with_lag_s,
        "line_hz": found.frequency_hz,
    }
    attributes = {name: value for name, value in evens.items() if value is not None}
    variables = {v.name: _array(v, numbers[v.name]) for v in LATENCY}
    return xr.Dataset(variables, coords={"latency": delay}, attrs=attributes)


def _series(answer: Answer) -> xr.Dataset:
    import xarray as xr

    series = answer.series
    values = {
        "before": series.before_w,
        "load": series.load_w,
        "poi": series.poi_w,
        "storage": series.storage_w,
        "soc": series.soc,
    }
    time = ("time", series.time_s, {"units": "s", "long_name": "Time since the start of the run"})
    return xr.Dataset({v.name: _array(v, values[v.name]) for v in SERIES}, coords={"time": time})


def _array(variable: Variable, values: Any) -> tuple[tuple[str, ...], Any, dict[str, Any]]:
    return variable.dims, np.asarray(values, dtype=variable.dtype), variable.attributes()


def _attributes(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "Conventions": CONVENTIONS,
        "title": f"Size of the storage of scenario {question.scenario.name}",
        "scenario": question.scenario.to_yaml(),
        "scenario_digest": question.scenario.digest,
        "limits": [limit.text for limit in question.limits],
        "seeds": list(question.seeds),
        "after_s": question.after_s,
        "sign_convention": SIGN_CONVENTION,
    }


def to_dict(answer: Answer) -> dict[str, Any]:
    """Return the answer as what JSON can hold, without the series."""
    numbers = front_numbers(answer)
    question = answer.question
    return {
        **{k: v for k, v in _attributes(answer).items() if k not in ("scenario", "Conventions")},
        "scenario": question.scenario.name,
        "duration_s": question.scenario.time.duration,
        "dt_s": question.scenario.time.dt,
        "unit": {"power_w": answer.unit_power_w, "energy_j": answer.unit_energy_j},
        "without_buffering": judged_dict(answer.bare),
        "estimates": [estimate.to_dict() for estimate in answer.estimates],
        "front": [
            _row(answer, place, {k: _plain(v[place]) for k, v in numbers.items()})
            for place in range(len(answer.rows))
        ],
        "shown": answer.shown,
        "latency": _latency_dict(answer),
        "uncertainty": [
            {
                "path": item.parameter.path,
                "low": item.parameter.low,
                "high": item.parameter.high,
                "confidence": item.parameter.confidence,
                "units_at_low": item.at_low,
                "units_at_high": item.at_high,
            }
            for item in answer.sensitivities
        ],
        "runs": answer.runs,
    }


def _row(answer: Answer, place: int, numbers: dict[str, float | None]) -> dict[str, Any]:
    row: Row = answer.rows[place]
    return {
        "changes": dict(row.changes),
        **numbers,
        "binding": row.binding,
        "monotone": row.found.monotone,
        "reversals": list(row.found.reversals),
        "looked_at": len(row.found.tried),
        "at": judged_dict(row.at),
    }


def judged_dict(judged: Judged) -> dict[str, Any]:
    """Return all seeds of a setting as what JSON can hold."""
    return {
        "units": judged.setting.units,
        "worst_seed": judged.worst_seed,
        "margin": _plain(judged.margin),
        "limits": judged.worst.assessment.to_dict()["limits"],
        "held_back": dict(judged.worst.limited),
    }


def _latency_dict(answer: Answer) -> dict[str, Any] | None:
    found = answer.sweep
    if found is None:
        return None
    return {
        "scenario_s": answer.latency_s,
        "line_hz": found.frequency_hz,
        "line_break_even_s": found.line_break_even_s,
        "variation_break_even_s": found.variation_break_even_s,
        "analytic_break_even_s": found.analytic_s,
        "analytic_break_even_with_lag_s": found.analytic_with_lag_s,
        "limit_break_even_s": found.limit_break_evens_s(answer.shown_row.before),
        "points": [
            {
                "latency_s": delay,
                "margin": _plain(judged.margin),
                "variation": judged.worst.variation,
                "line_ratio": judged.worst.line_ratio,
            }
            for delay, judged in zip(found.latencies_s, found.judged, strict=True)
        ],
    }


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
