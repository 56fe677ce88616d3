# SPDX-License-Identifier: Apache-2.0
"""Records of grids and marks: modes in order, a band or modes, figures as published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import powermodel_datasets as facts
from powermodel_datasets import Library
from powermodel_datasets.grid_kinds import modes

RECORDS = Path(facts.__file__).parent / "records"


def spoilt(folder: Path, name: str, old: str, new: str) -> str:
    """Return what the check of the library says of a mark with one slip."""
    text = (RECORDS / "frequency-mark" / f"{name}.yaml").read_text(encoding="utf-8")
    assert old in text
    (folder / "frequency-mark").mkdir()
    shutil.copy(RECORDS / "sources.yaml", folder)
    place = folder / "frequency-mark" / f"{name}.yaml"
    place.write_text(text.replace(old, new, 1), encoding="utf-8")
    return "\n".join(p for p in Library(folder).problems() if "records/frequency-mark/" in p)


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("andes-shaft5", "mode_2", "mode_6", "expected mode_1 to mode_n without a gap"),
        ("local", "  low:", "  mode_1:", "expected either low and high, or modes"),
        ("local", "  high: {value: 2.5", "  high: {value: 0.5", "low must not be above high"),
        ("local", "sort: band", "sort: bend", "expected one of band, torsional, event, got 'bend'"),
    ],
)
def test_a_slip_is_refused(tmp_path: Path, name: str, old: str, new: str, words: str) -> None:
    assert words in spoilt(tmp_path, name, old, new)


def test_a_band_needs_both_edges(tmp_path: Path) -> None:
    text = (RECORDS / "frequency-mark" / "local.yaml").read_text(encoding="utf-8")
    edge = next(line for line in text.splitlines() if "high:" in line)
    assert "expected both low and high" in spoilt(tmp_path, "local", edge, "")


def test_the_worst_damped_mode_of_the_western_case() -> None:
    found = modes(facts.load("grid-case", "wecc"))
    assert min(found, key=lambda mode: mode[1] or 1.0) == (1.316, 0.009)
    assert facts.load("two-area", "kundur")["inertia_1"].value == 6.5
    estimates = facts.load("two-area", "interconnection")
    assert {value.confidence for value in estimates.values()} == {"K"}
