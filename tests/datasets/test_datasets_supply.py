# SPDX-License-Identifier: Apache-2.0
"""Rules of the records of supply: each spoilt record is refused with its reason."""

from __future__ import annotations

from pathlib import Path

import pytest

import powermodel_datasets as facts
from powermodel_datasets import RecordError
from powermodel_datasets.kinds import KINDS
from powermodel_datasets.reader import read_record, read_sources

RECORDS = Path(facts.__file__).parent / "records"
SOURCES = read_sources((RECORDS / "sources.yaml").read_text(encoding="utf-8"))


def problems(kind: str, name: str, old: str, new: str) -> str:
    """Return what is wrong with a shipped record after one change to its text."""
    text = (RECORDS / kind / f"{name}.yaml").read_text(encoding="utf-8")
    assert text.count(old) == 1
    spec = KINDS[kind]
    try:
        record = read_record(
            text.replace(old, new), name=name, kind_name=kind, kind=spec, sources=SOURCES
        )
    except RecordError as error:
        return str(error)
    return "; ".join(what for rule in spec.rules for what in rule(record, facts.load))


@pytest.mark.parametrize(
    ("kind", "name", "old", "new", "message"),
    [
        ("governor", "gast-cim", "  gast_valve_time:", "  ggov1_load_time:", "GAST is incomplete"),
        ("governor", "gast-cim", "  gast_valve_time:", "  ggov1_load_time:", "one governor model"),
        ("governor", "gast-cim", "valve_low: {value: 0", "valve_low: {value: -9", "out of bounds"),
        ("governor", "gast-cim", "droop: {value: 0.04", "droop: {value: 4", "out of bounds"),
        ("machine", "titan-250", "value: 28.0\n    unit: MVA", "value: 20\n    unit: MVA",
         "exceeds the machine's own base"),
        ("machine", "titan-250", "  inertia:\n", "  inertness:\n", "unknown value"),
        ("shaft", "ieee-first-benchmark", "  inertia_6:", "  mode_6:", "unknown value"),
        ("shaft", "ieee-first-benchmark", "generator: {value: 5", "generator: {value: 7",
         "out of bounds"),
        ("envelope", "ercot-nogrr282-voltage", "low_4: {value: 0.8", "low_4: {value: 0.7",
         "rows 0.5 to 0.8 and 0.7 to 0.9 overlap"),
        ("envelope", "spp-voltage", "status: published", "status: rumoured", "expected one of law"),
        ("loss-stage", "ups-eco", "constant_loss: {value: 0", "constant_loss: {value: -0",
         "out of bounds"),
    ],
)  # fmt: skip
def test_spoilt_records_are_refused(kind: str, name: str, old: str, new: str, message: str) -> None:
    assert message in problems(kind, name, old, new)


@pytest.mark.parametrize("name", facts.names("machine"))
def test_inertia_is_a_parameter_with_a_range(name: str) -> None:
    """No source gives it: it must never pass for a fact."""
    inertia = facts.load("machine", name)["inertia"]
    assert inertia.confidence == "K"
    assert inertia.range is not None


def test_two_rows_without_a_part_are_told() -> None:
    wrong = problems("envelope", "spp-voltage", "  stay_1: ", "  stay_5: ")
    assert "row 1: expected low_1, high_1 and stay_1" in wrong
