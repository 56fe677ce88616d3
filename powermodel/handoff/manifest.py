# SPDX-License-Identifier: Apache-2.0
"""The manifest of a package: every file with its hash, every definition, every version."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from powermodel import schema
from powermodel.exporters import Basis, Exported
from powermodel.handoff.scenes import FOLDER as SCENES_FOLDER
from powermodel.indicators.labelled import spectrum
from powermodel.report.page.content import Content

FORMAT_VERSION = 1
_CHUNK = 1 << 20
_KEPT = ("source", "seed", "engine", "device", "scenario_digest")
_ABOUT = {
    "report.html": "one page to look at, offline",
    "series.parquet": "every series of the site at every step, SI units",
    "compliance.csv": "each rule: measured, limit, margin, worst time, verdict, status, source",
    "indicators.csv": "each indicator with its definition and every choice in it",
    "instruments.csv": "what each instrument would have shown of the POI, and what it hides",
    "spectrum.csv": "power spectral density and amplitude, load and POI",
    "response.csv": "what the site does to a grid: band, lines, modes, gain; a screen by two areas",
    "sizing.csv": "storage sizing: every setting with units, power, energy, margin",
    "scenarios.csv": "steady, checkpoint, start, crash, restart, sags: where each is, or why not",
    "scenario.yaml": "what was simulated; powermodel runs it again",
    "checks.txt": "what reading every file back gave",
}


def manifest_text(
    folder: Path,
    content: Content,
    done: list[Exported],
    left_out: dict[str, str],
    basis: Basis,
) -> str:
    """Return the manifest of what stands in a folder, as JSON.

    Parameters
    ----------
    folder : Path
        With every other file.
    content : Content
        What was computed.
    done : list of Exported
        The exports.
    left_out : dict
        Formats that were not written, and why.
    basis : Basis
        What the exports were told.
    """
    unverified = {
        path.name: item.exporter.unverified
        for item in done
        for path in item.files
        if item.exporter.unverified
    }
    titles = {path.name: item.exporter.title for item in done for path in item.files}
    data: dict[str, Any] = {
        "manifest_version": FORMAT_VERSION,
        "title": content.title,
        "complete": content.complete,
        "whole_s": content.whole_s,
        "duration_s": content.duration_s,
        "dt_s": content.poi.grid.dt_s,
        "sign_convention": schema.SIGN_CONVENTION,
        "run": {name: content.attributes[name] for name in _KEPT if name in content.attributes},
        "versions": {
            name.removesuffix("_version"): value
            for name, value in content.attributes.items()
            if name.endswith("_version")
        },
        "basis": {name: _plain(value) for name, value in asdict(basis).items()},
        "files": _files(folder, titles, unverified),
        "formats_left_out": left_out,
        "definitions": _definitions(content),
        "rules": [row.to_dict() for row in content.verdicts],
        "qualifications": {
            profile.name: [row.to_dict() for row in rows]
            for profile, rows in content.qualifications
        },
        "assumptions": [
            item._asdict() for item in (content.scenario.assumptions() if content.scenario else ())
        ],
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _files(
    folder: Path, titles: dict[str, str], unverified: dict[str, str]
) -> dict[str, dict[str, Any]]:
    found = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        entry: dict[str, Any] = {
            "about": _about(path, titles),
            "bytes": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        if path.name in unverified:
            entry["unverified"] = unverified[path.name]
        found[path.relative_to(folder).as_posix()] = entry
    return found


def _about(path: Path, titles: dict[str, str]) -> str:
    if path.parent.name == SCENES_FOLDER:
        return f"the situation {path.stem}: time and powers, see scenarios.csv"
    return _ABOUT.get(path.name) or titles.get(path.name, "")


def _definitions(content: Content) -> dict[str, Any]:
    """Return what every column and indicator means."""
    series = {
        item.path: {
            "units": item.variable.units,
            "long_name": item.variable.long_name,
            "comment": item.variable.comment,
        }
        for chart in content.charts
        for item in chart.series
    }
    indicators = {item.name: item.definition for item in content.indicators}
    how = dict(spectrum(content.poi.samples).attrs)
    return {"series": series, "indicators": indicators, "spectrum": how}


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
