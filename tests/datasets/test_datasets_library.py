# SPDX-License-Identifier: Apache-2.0
"""Asking for records: what comes back, and what is said of what is not there."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import powermodel_datasets as facts
from powermodel_datasets import MissingValueError, RecordError
from powermodel_datasets.quantities import convert

if TYPE_CHECKING:
    from tests.datasets.conftest import Shelf


def test_the_small_library_holds(shelf: Shelf) -> None:
    assert shelf.problems() == ""


def test_values_come_in_the_unit_of_the_field(shelf: Shelf) -> None:
    part = shelf.library.load("accelerator", "part")
    tdp = part["tdp"]
    assert (tdp.value, tdp.unit, tdp.stated) == (1200.0, "W", "1.2 kW")
    assert tdp.range == (1100.0, 1300.0)
    assert tdp.source == "A Paper, Someone, 2025 (arXiv:0000.00000)"
    assert (tdp.date, tdp.confidence) == ("2025-07", "H")
    assert part["edpp_time"].date == "2025-07-22"
    assert part["rise_time_10_90"].value == 0.00082
    assert part["rating_spread"].value == 0.02
    assert part["idle_power"].note == "about"
    assert str(tdp) == "1.2 kW [H; A Paper, Someone, 2025 (arXiv:0000.00000)]"


def test_figures_have_tolerance_and_band(shelf: Shelf) -> None:
    figure = shelf.library.load("published", "figure")
    assert figure["period"].tolerance == pytest.approx(0.1046)
    assert figure["period"].band is None
    assert figure["share"].tolerance == pytest.approx(0.01)
    assert figure["share"].band == (0.02, 0.1)


def test_record_is_a_mapping(shelf: Shelf) -> None:
    part = shelf.library.load("accelerator", "part")
    assert list(part)[:2] == ["tdp", "idle_power"]
    assert len(part) == 8
    assert "tdp" in part
    assert part.get("memory") is None
    assert repr(part) == "<Record accelerator/part: 8 values>"
    assert part.as_of == ""
    assert shelf.library.load("site", "site").as_of == "2025-07"


def test_links(shelf: Shelf) -> None:
    rack = shelf.library.load("rack", "rack")
    assert rack.link("accelerator") == "part"
    with pytest.raises(RecordError, match="has no link 'gpu'; its links: accelerator, supply"):
        rack.link("gpu")


def test_missing_value_says_what_there_is() -> None:
    with pytest.raises(MissingValueError) as caught:
        facts.load("accelerator", "gb200")["tpd"]
    assert str(caught.value).startswith("accelerator 'gb200' has no value 'tpd'; it has tdp, ")


def test_unknown_record_lists_close_and_valid_names() -> None:
    with pytest.raises(RecordError) as caught:
        facts.load("accelerator", "gb20")
    assert "unknown accelerator 'gb20'; did you mean 'gb200' or" in str(caught.value)
    assert "there are: a100-pcie, " in str(caught.value)


@pytest.mark.parametrize("ask", [lambda: facts.load("rock", "x"), lambda: facts.names("rock")])
def test_unknown_kind(ask) -> None:
    with pytest.raises(RecordError, match=r"unknown kind of record 'rock'; did you mean 'rack'\?"):
        ask()


def test_a_wrong_record_is_not_loaded(shelf: Shelf) -> None:
    shelf.change("accelerator/part.yaml", "unit: kW", "unit: s")
    with pytest.raises(RecordError, match=r"records/accelerator/part\.yaml: values\.tdp: wrong"):
        shelf.library.load("accelerator", "part")


def test_wrong_sources_are_named(shelf: Shelf) -> None:
    shelf.write("sources.yaml", "paper: A")
    with pytest.raises(RecordError, match=r"sources\.yaml: paper: expected title"):
        shelf.library.load("accelerator", "part")


def test_import_does_not_cost_pint() -> None:
    code = "import powermodel_datasets, sys; sys.exit('pint' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(
    st.decimals("0.001", "9999", places=3),
    st.sampled_from([("kW", "W", 3), ("MW", "W", 6), ("ms", "s", -3), ("%", "1", -2)]),
)
def test_conversion_rounds_once(number, units) -> None:
    """The float nearest to the exact product, as the decimal digits say."""
    unit, canonical, power = units
    assert convert(float(number), unit, canonical) == float(number.scaleb(power))


def test_shared_registry_knows_per_unit_and_money() -> None:
    registry = facts.unit_registry()
    assert registry is facts.unit_registry()
    assert registry.Quantity(0.5, "pu").to("percent").magnitude == pytest.approx(50)
    assert registry.Quantity("3 USD").check("[currency]")
