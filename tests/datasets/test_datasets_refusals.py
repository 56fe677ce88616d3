# SPDX-License-Identifier: Apache-2.0
"""What the check refuses, and that its message says where, what came and what was expected."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from powermodel_datasets.__main__ import report

if TYPE_CHECKING:
    from tests.datasets.conftest import Shelf

Refusal = Callable[[str, str, str], str]
PART, RACK, FIGURE = "accelerator/part.yaml", "rack/rack.yaml", "published/figure.yaml"
SITE = "site/site.yaml"
SOURCES = "paper: {title: A Paper, by: Someone, date: 2025}\n"

CASES = {
    "missing unit": (PART, "value: 1.2, unit: kW", "value: 1.2", "missing unit"),
    "missing unit of a figure": (FIGURE, "20.92, unit: s", "20.92", "missing unit"),
    "wrong dimension": (PART, "value: 1.2, unit: kW", "value: 1.2, unit: s", "wrong unit 's'"),
    "unknown unit": (PART, "value: 1.2, unit: kW", "value: 1.2, unit: kilo", "unknown unit"),
    "number as unit": (PART, "unit: kW", "unit: 1", "missing unit"),
    "figure in meters": (FIGURE, "unit: s,", "unit: m,", "unknown or wrong unit 'm'"),
    "missing source": (PART, "source: paper, date: 2025-07,", "date: 2025-07,", "missing source"),
    "unknown source": (PART, "source: paper, date: 2025-07,", "source: x, date: 2025-07,", "'x'"),
    "missing date": (PART, "date: 2025-07, conf", "conf", "missing date"),
    "bad date": (PART, "date: 2025-07,", "date: July 2025,", "bad date 'July 2025'"),
    "no such month": (PART, "date: 2025-07,", "date: 2025-13,", "bad date '2025-13'"),
    "no such day": (PART, "date: 2025-07-22", "date: 2025-02-30", "bad date '2025-02-30'"),
    "missing confidence": (PART, ", confidence: L", "", "missing confidence"),
    "unknown confidence": (PART, "confidence: L", "confidence: X", "unknown confidence 'X'"),
    "confidence list": (PART, "confidence: L", "confidence: [H]", "unknown confidence ['H']"),
    "unknown field": (PART, "  noise_sigma:", "  nose_sigma:", "unknown value"),
    "missing field": (PART, "  noise_sigma:", "  nose_sigma:", "missing value 'noise_sigma'"),
    "unknown key of a value": (PART, "note: about", "nota: about", "unknown key 'nota'"),
    "figure keys elsewhere": (PART, "note: about", "band: [1, 2]", "unknown key 'band'"),
    "unknown key of a record": (PART, "title: A part", "title: A\nnotes: x", "unknown key 'notes'"),
    "too large": (PART, "value: 1.2, unit: kW", "value: 1.2, unit: MW", "out of bounds"),
    "too small": (PART, "value: 200, unit: W", "value: 200, unit: mW", "out of bounds"),
    "not a number": (PART, "value: 0.82", "value: fast", "expected a number, got 'fast'"),
    "exponent without point": (PART, "value: 25", "value: 25e3", "write 1.0e+9"),
    "true": (PART, "value: 0.82", "value: true", "expected a number, got True"),
    "not finite": (PART, "value: 0.82", "value: .nan", "expected a finite number"),
    "no value": (PART, "value: 0.82, unit: ms", "unit: ms", "expected a number, got None"),
    "range misses": (PART, "[1.1, 1.3]", "[1.3, 1.4]", "does not contain 1200 W"),
    "range upside down": (PART, "[1.1, 1.3]", "[1.3, 1.1]", "range: expected [lowest, highest]"),
    "range of one": (PART, "[1.1, 1.3]", "[1.2]", "range: expected [lowest, highest]"),
    "empty note": (PART, "note: about", 'note: ""', "note: expected text"),
    "value is a number": (
        PART,
        "idle_power: {value: 200, unit: W, source: paper, date: 2025, confidence: M, note: about}",
        "idle_power: 200",
        "expected value, unit, source, date and confidence",
    ),
    "no title": (PART, "title: A part", "note: x", "missing title"),
    "as_of of an undated kind": (PART, "title: A part", "title: A\nas_of: 2025", "as_of"),
    "site without date": (SITE, "as_of: 2025-07\n", "", "as_of: missing date"),
    "not a count": (RACK, "value: 10,", "value: 10.5,", "expected a whole number, got 10.5"),
    "tolerance zero": (FIGURE, "relative_percent: 0.5", "relative_percent: 0", "above zero"),
    "tolerance of both": (FIGURE, "{absolute: 1}", "1", "expected relative_percent or absolute"),
    "band of one": (FIGURE, "[0.02, 0.1]", "[0.02]", "band: expected [lowest, highest]"),
    "figure with capitals": (FIGURE, "  period:", "  Period:", "lower-case letters"),
    "missing link": (RACK, ", supply: stage", "", "links: expected accelerator, supply"),
    "link to nothing": (RACK, "accelerator: part", "accelerator: pert", "did you mean 'part'?"),
    "not YAML": (PART, "title: A part", "title: [", "not readable as YAML"),
    "idle above TDP": (
        PART,
        "value: 1.2, unit: kW, range: [1.1, 1.3]",
        "value: 150, unit: W",
        "idle_power (200 W) must be below tdp (150 W)",
    ),
    "rack does not add up": (RACK, "value: 6,", "value: 7,", "= 21000 W, but rated_power says 20"),
    "rack above its supply": (RACK, "value: 30,", "value: 15,", "exceeds supply_rating (15000 W)"),
    "peak below rating": (RACK, "value: 25,", "value: 19,", "is below rated_power (20000 W)"),
}


@pytest.mark.parametrize("case", sorted(CASES))
def test_refuses(case: str, refusal: Refusal) -> None:
    place, old, new, expected = CASES[case]
    message = refusal(place, old, new)
    assert f"records/{place}: " in message
    assert expected in message


def test_all_problems_of_a_record_at_once(refusal: Refusal) -> None:
    message = refusal(PART, "value: 1.2, unit: kW, range: [1.1, 1.3], source: paper", "value: 1.2")
    assert "values.tdp: missing unit: expected one that converts to W" in message
    assert "values.tdp: missing source" in message


def test_engineering_knowledge_is_never_called_better(shelf: Shelf) -> None:
    shelf.write("sources.yaml", SOURCES + "engineering-knowledge: {title: K, by: us, date: 2026}\n")
    shelf.change(
        PART, "source: paper, date: 2025-07,", "source: engineering-knowledge, date: 2025,"
    )
    assert "confidence 'H' of engineering knowledge: expected 'K'" in shelf.problems()


def test_a_value_twice_is_refused_with_both_lines(refusal: Refusal) -> None:
    message = refusal(PART, "  idle_power: {value: 200", "  tdp: {value: 200")
    assert "duplicate key 'tdp' in lines 3 and 4" in message


@pytest.mark.parametrize(
    "place", ["accelerator/part.yml", "accelerator/more/part.yaml", "racks/rack.yaml", "notes.txt"]
)
def test_no_file_is_silently_left_out(place: str, shelf: Shelf) -> None:
    shelf.write(place, "title: x\n")
    assert f"records/{place}: expected only sources.yaml and <kind>/<name>.yaml" in shelf.problems()


def test_names_are_plain(shelf: Shelf) -> None:
    shelf.write("accelerator/Part 2.yaml", "title: x\n")
    assert "file name 'Part 2': expected lower-case letters" in shelf.problems()


def test_a_source_that_nothing_cites_is_refused(shelf: Shelf) -> None:
    shelf.write("sources.yaml", SOURCES + "other: {title: Other, by: One, date: 2025}\n")
    assert shelf.problems() == "sources.yaml: no record cites 'other'"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("paper: {title: A, by: B}", "paper: expected title, by, date"),
        ("paper: {title: A, by: B, date: soon}", "paper: bad date 'soon'"),
        ("paper: A", "paper: expected title, by, date"),
        ("- paper", "expected a mapping"),
    ],
)
def test_sources_are_checked(text: str, expected: str, shelf: Shelf) -> None:
    shelf.write("sources.yaml", text)
    assert shelf.problems().startswith("sources.yaml: ")
    assert expected in shelf.problems()


def test_the_report_counts_and_fails(shelf: Shelf) -> None:
    text, holds = report(shelf.library)
    assert holds
    assert "accelerator     1 records     8 values" in text
    shelf.change(PART, "unit: kW", "unit: s")
    text, holds = report(shelf.library)
    assert not holds
    assert "WRONG  records/accelerator/part.yaml: values.tdp: wrong unit 's'" in text
    assert text.endswith(" problems\n")
