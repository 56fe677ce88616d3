# SPDX-License-Identifier: Apache-2.0
"""Quantities at the border read exactly, refuse clearly, and are written back unchanged."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.errors import UnitError
from powermodel.units import canonical, count, format_j, format_s, format_w, fraction, quantity
from powermodel_datasets import unit_registry


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("2.5 s", "s", 2.5),
        ("35 ms", "s", 0.035),
        ("60s", "s", 60.0),
        ("20 min", "s", 1200.0),
        ("50700 h", "s", 182_520_000.0),
        ("40 MW", "W", 40e6),
        ("110_000 W", "W", 110e3),
        ("2 MWh", "J", 7.2e9),
        ("1e-3 s", "s", 0.001),
        ("-3 s", "s", -3.0),
        ("0.1 Hz", "Hz", 0.1),
    ],
)
def test_quantities_are_read_exactly(text: str, unit: str, value: float) -> None:
    assert quantity(text, unit) == value


def test_pint_quantities_are_read() -> None:
    assert quantity(unit_registry().Quantity(3, "kW"), "W") == 3000.0


@pytest.mark.parametrize(
    ("value", "unit", "parts"),
    [
        (2.5, "s", ["missing unit: expected a time such as '2.5 s', got 2.5"]),
        ("5", "W", ["missing unit: expected a power such as '40 MW', got '5'"]),
        ("5 kw", "W", ["unknown unit 'kw'", "did you mean 'kW'?"]),
        ("5 sek", "s", ["unknown unit 'sek' in '5 sek'", "units: h, min, s"]),
        ("5 W", "s", ["wrong unit in '5 W': expected a time such as '2.5 s', got a power"]),
        ("5 m", "s", ["got a length", "write 'min' for minutes"]),
        ("2 mW", "W", ["milliwatt", "write 'MW' for megawatts"]),
        ("nan s", "s", ["finite"]),
        ("1e400 W", "W", ["finite"]),
        ("50,000 h", "s", ["cannot read '50,000 h'", "no thousands separators"]),
        ("soon", "s", ["cannot read 'soon'"]),
        (None, "s", ["got nothing"]),
        (True, "s", ["got true"]),
        ([1], "W", ["got a list"]),
        ({}, "W", ["got a mapping"]),
    ],
)
def test_what_is_not_a_quantity_is_refused(value: object, unit: str, parts: list[str]) -> None:
    with pytest.raises(UnitError) as caught:
        quantity(value, unit)
    for part in parts:
        assert part in str(caught.value)
    assert caught.value.exit_code == 2


@settings(deadline=None)
@given(st.floats(0, 1e15), st.sampled_from(["s", "W", "J", "Hz"]))
def test_canonical_text_reads_as_the_same_float(value: float, unit: str) -> None:
    assert quantity(canonical(value, unit), unit) == value


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.035, "s", "35 ms"),
        (1200.0, "s", "20 min"),
        (90.0, "s", "90 s"),
        (0.0, "s", "0 s"),
        (1e-30, "s", "1e-30 s"),
        (2e8, "W", "200 MW"),
        (132_456.7, "W", "132.4567 kW"),
    ],
)
def test_canonical_text_is_readable(value: float, unit: str, text: str) -> None:
    assert canonical(value, unit) == text


def test_fractions_take_percent() -> None:
    assert fraction("2 %") == 0.02
    assert fraction(0.02) == 0.02
    assert fraction(1) == 1.0


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (10, "if 10 percent is meant, write 0.1 or '10 %'"),
        (-0.1, "expected a fraction from 0 to 1, got -0.1"),
        ("150 %", "expected a fraction from 0 to 1, got '150 %'"),
        ("2 s", "expected a fraction from 0 to 1 such as 0.02, got '2 s'"),
        (True, "got true"),
        (math.nan, "got nan"),
    ],
)
def test_what_is_not_a_fraction_is_refused(value: object, part: str) -> None:
    with pytest.raises(UnitError) as caught:
        fraction(value)
    assert part in str(caught.value)


@pytest.mark.parametrize("value", [0, -1, 1.5, "3", True, None])
def test_counts_are_whole_and_positive(value: object) -> None:
    with pytest.raises(UnitError, match="expected a whole number of at least 1"):
        count(value)


def test_formats_for_people() -> None:
    assert format_w(1.7e8) == "170.0 MW"
    assert format_w(1550.0) == "1.550 kW"
    assert format_w(-2.5e6) == "-2.500 MW"
    assert format_w(0.0) == "0 W"
    assert format_j(3.6e9) == "3.600 GJ"
    assert format_s(0.02) == "20 ms"
    assert format_s(90.0) == "90 s"
    assert format_s(1200.0) == "20 min"
    assert format_s(182_520_000.0) == "50700 h"
