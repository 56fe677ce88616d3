# SPDX-License-Identifier: Apache-2.0
"""Every record that is shipped: a new record, or a new kind, is tested by being there."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys

import pytest

import powermodel_datasets as facts
from powermodel_datasets.kinds import KINDS

ALL = [(kind, name) for kind in facts.kinds() for name in facts.names(kind)]


def test_the_whole_library_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "powermodel_datasets"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("every record holds\n")


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_has_records_and_says_what_its_fields_mean(kind: str) -> None:
    assert facts.names(kind)
    spec = KINDS[kind]
    assert bool(spec.fields) != bool(spec.figures)
    for name, field in spec.fields.items():
        assert field.text, name
        assert field.low < field.high


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_record(kind: str, name: str) -> None:
    record = facts.load(kind, name)
    assert (record.kind, record.name) == (kind, name)
    assert record.title
    assert len(record) > 0
    for field, link_kind in KINDS[kind].links.items():
        assert record.link(field) in facts.names(link_kind)
    for field, value in record.items():
        assert math.isfinite(value.value), field
        assert value.unit
        assert value.stated
        assert value.confidence in facts.CONFIDENCE
        assert len(value.source) > 10
        assert value.date[:2] in ("19", "20")
        assert value.range is None or value.range[0] <= value.value <= value.range[1]
        assert value.tolerance is None or value.tolerance > 0
        if value.source.startswith("Engineering knowledge"):
            assert value.confidence == "K"


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_stated_text_is_the_value(kind: str, name: str) -> None:
    """Pint, asked once more and by its own parser, reads the stated text as the same number."""
    registry = facts.unit_registry()
    for field, value in facts.load(kind, name).items():
        unit = "dimensionless" if value.unit == "1" else value.unit
        again = registry.Quantity(value.stated).to(unit).magnitude
        assert again == pytest.approx(value.value, rel=1e-12), field


def test_records_travel_to_other_processes() -> None:
    record = facts.load("rack", "gb200-nvl72")
    again = pickle.loads(pickle.dumps(record))
    assert dict(again) == dict(record)
    assert again.links == record.links


def test_same_record_twice_is_read_once() -> None:
    assert facts.load("accelerator", "gb200") is facts.load("accelerator", "gb200")
