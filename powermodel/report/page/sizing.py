# SPDX-License-Identifier: Apache-2.0
"""A sizing of storage on a page, from the ``sizing.json`` that ``powermodel size --out`` writes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from powermodel.indicators.indicator import display
from powermodel.report.errors import ReportError
from powermodel.report.page.parts import Curve, Part, Plain, Table
from powermodel.report.panels import BLUE, ORANGE
from powermodel.units import format_s

NAME = "sizing.json"
_KEYS = ("scenario", "scenario_digest", "limits", "seeds", "front", "shown", "unit")
_HEAD = ("setting", "units", "power", "energy", "burnt", "margin", "delay allowed", "binding")


def read_sizing(path: Path) -> dict[str, Any]:
    """Read a sizing.

    Parameters
    ----------
    path : Path
        The JSON file, or the folder that it is in.

    Raises
    ------
    ReportError
        If it is not there, or no sizing.
    """
    file = path / NAME if path.is_dir() else path
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(
            f"the sizing cannot be read: {error.strerror}",
            where=str(file),
            hint="make one: powermodel size SCENARIO --limit '...' --out FOLDER",
        ) from None
    except ValueError as error:
        raise ReportError(f"expected JSON, got: {error}", where=str(file)) from None
    missing = [key for key in _KEYS if not isinstance(found, dict) or key not in found]
    if missing:
        raise ReportError(
            f"expected a sizing, but {', '.join(missing)} is missing",
            where=str(file),
            hint="take the sizing.json of powermodel size --out FOLDER",
        )
    return dict(found)


def sizing_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings of a sizing as rows with plain names and SI units."""
    return [
        {
            "setting": _setting(row),
            "units": row["units"],
            "power_w": row["power"],
            "energy_j": row["energy"],
            "burnt_share": row["burnt"],
            "loss_share": row["loss"],
            "margin": row["margin"],
            "latency_allowed_s": row["latency_allowed"],
            "binding": row["binding"],
            "on_front": bool(row["on_front"]),
            "limits": "; ".join(found["limits"]),
            "seeds": len(found["seeds"]),
        }
        for row in found["front"]
    ]


def sizing_part(found: Mapping[str, Any], digest: str) -> Part:
    """Return what a page says of a sizing.

    Parameters
    ----------
    found : mapping
        From `read_sizing`.
    digest : str
        Of the scenario of the run, to tell whether the sizing is about the same.
    """
    rows = sizing_rows(found)
    same = "the scenario of this run" if found["scenario_digest"] == digest else "another scenario"
    words = (
        f"Smallest storage that keeps {'; '.join(found['limits'])} in {len(found['seeds'])} seeds,"
        f" for {found['scenario']} ({same}: a sizing changes what it searches).",
    )
    table = Table(_HEAD, tuple(_cells(row) for row in rows))
    return Part("sizing", "Storage sizing", words, _charts(rows), (table,))


def _charts(rows: list[dict[str, Any]]) -> tuple[Plain, ...]:
    kept = [row for row in rows if row["units"] is not None]
    if not kept:
        return ()
    front = sorted((row["burnt_share"], row["power_w"]) for row in kept if row["on_front"])
    every = [(row["burnt_share"], row["power_w"]) for row in kept]
    curves = (
        _curve("every setting that keeps the limits", BLUE, every, marks=True),
        _curve("none is cheaper in both", ORANGE, front, marks=False),
    )
    text = " ".join(
        f"{row['setting']}: {display(row['power_w'], 'W')}, {100 * row['burnt_share']:.3g} % burnt."
        for row in kept
    )
    x, y = "burnt to be smooth [% of the load's energy]", "rated power [MW]"
    return (Plain("sizing-front", "Trade-off", x, y, curves, text),)


def _curve(label: str, color: str, points: list[tuple[float, float]], *, marks: bool) -> Curve:
    x = [100 * burnt for burnt, _ in points]
    return Curve(label, color, x, [power_w / 1e6 for _, power_w in points], marks=marks)


def _setting(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{path} {value}" for path, value in row["changes"].items()) or "as it is"


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    delay = row["latency_allowed_s"]
    reached = row["units"] is not None
    return (
        row["setting"],
        f"{row['units']:g}" if reached else "out of reach",
        display(row["power_w"], "W") if reached else "",
        display(row["energy_j"], "J") if reached else "",
        f"{100 * row['burnt_share']:.3g} %",
        "" if row["margin"] is None else f"{100 * row['margin']:.3g} %",
        "" if delay is None else format_s(round(delay, 6)),
        row["binding"],
    )
