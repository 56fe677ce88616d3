# SPDX-License-Identifier: Apache-2.0
"""Reading a limit: every measure, every unit, and what is said about each slip."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powermodel.limits import ALIASES, MEASURES, Limit, LimitError, LimitSet


@pytest.mark.parametrize(
    ("text", "measure", "arguments", "sense", "value"),
    [
        ("ramp 1s <= 20 MW", "ramp", (1.0,), "<=", 20e6),
        ("Ramp  1 s<=20MW", "ramp", (1.0,), "<=", 20e6),
        ("ramp up 20 ms ≤ 5 kW", "ramp up", (0.02,), "<=", 5e3),
        ("ramp 2 s <= 10 MW/s", "ramp", (2.0,), "<=", 20e6),
        ("ramp down 1s <= 60 MW/min", "ramp down", (1.0,), "<=", 1e6),
        ("mean ramp 1 min <= 50 MW", "mean ramp", (60.0,), "<=", 50e6),
        ("rolling range 10s <= 50 MW", "rolling range", (10.0,), "<=", 50e6),
        ("swing 10s <= 50 MW", "rolling range", (10.0,), "<=", 50e6),
        ("range <= 100 MW", "range", (), "<=", 100e6),
        ("peak <= 1 GW", "peak", (), "<=", 1e9),
        ("minimum >= 200 MW", "minimum", (), ">=", 200e6),
        ("peak-to-mean <= 1.2", "peak to mean", (), "<=", 1.2),
        ("band 0.1-2.5 Hz <= 10 MW", "band", (0.1, 2.5), "<=", 10e6),
        ("band 100 mHz to 2.5 Hz <= 10 MW", "band", (0.1, 2.5), "<=", 10e6),
        ("band energy share 1-2 Hz <= 5 %", "band energy share", (1.0, 2.0), "<=", 0.05),
        ("line <= 3 MW", "line", (), "<=", 3e6),
    ],
)
def test_reads(
    text: str, measure: str, arguments: tuple[float, ...], sense: str, value: float
) -> None:
    limit = Limit.parse(text)
    assert (limit.measure, limit.arguments, limit.sense) == (measure, arguments, sense)
    assert limit.value == pytest.approx(value, rel=1e-12)
    assert limit.name == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("rmp 1s <= 20 MW", "unknown measure 'rmp'\n  hint: did you mean 'ramp'?"),
        ("foo <= 1 W", "unknown measure 'foo'\n  hint: one of: peak, minimum"),
        ("ramp <= 20 MW", "'ramp' needs a window such as 1s"),
        ("band <= 20 MW", "'band' needs a band such as 0.1-2.5 Hz"),
        ("ramp 1 <= 20 MW", "missing unit: expected a time such as '2.5 s', got '1'"),
        ("ramp 1 MW <= 20 MW", "wrong unit in '1 MW': expected a time"),
        ("ramp 1s <= 20", "missing unit: expected a power such as '40 MW', got '20'"),
        ("ramp 1s <= 20 MWh", "wrong unit in '20 MWh': expected a power such as '40 MW'"),
        ("ramp 1s <= 20 mW", "'mW' in '20 mW' is a milliwatt"),
        ("ramp 1s <= 20 MW/m", "wrong unit in '20 MW/m'"),
        ("ramp -1s <= 2 MW", "expected a window above 0 s, got '-1s'"),
        ("ramp 1s < 20 MW", "expected the comparison '<=' or '>=', got '<'"),
        ("ramp 1s 20 MW", "expected one comparison '<=' or '>=', got none"),
        ("1 MW <= ramp 1s <= 20 MW", "expected one comparison '<=' or '>=', got <= and <="),
        ("range 10s <= 5 MW", "a range within a window is 'rolling range'"),
        ("peak 1s <= 5 MW", "'peak' takes no window and no band, got '1s'"),
        ("peak <= 5 MW/s", "'peak' is limited in W, got the rate '5 MW/s'"),
        ("band 0.1-2.5 <= 3 MW", "missing unit of the band '0.1-2.5'"),
        ("band 1 Hz <= 3 MW", "cannot read the band '1 Hz'"),
        ("band 3-2 Hz <= 1 MW", "expected a band from a lower to a higher frequency"),
        ("band 1-2 s <= 1 MW", "wrong unit in '1 s': expected a frequency"),
        ("band energy share 1-2 Hz <= 3 MW", "expected a plain number or a percentage"),
        ("<= 3 MW", "expected a measure before the window"),
        ("peak <=", "expected a value after the comparison"),
        ("ramp 1s <= 0 W", "expected a limit above 0, got '0 W'"),
        ("ramp 1s <= -3 MW", "expected a limit above 0"),
    ],
)
def test_says_what_is_wrong(text: str, message: str) -> None:
    with pytest.raises(LimitError) as caught:
        Limit.parse(text)
    assert message in str(caught.value)
    assert str(caught.value).startswith(repr(text))
    assert caught.value.exit_code == 2


def test_aliases_name_measures() -> None:
    assert set(ALIASES.values()) <= set(MEASURES)
    assert not set(ALIASES) & set(MEASURES)


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_in_words(text: str) -> None:
    try:
        limit = Limit.parse(text)
    except LimitError as error:
        limit = None
        said = error.message
    assert said if limit is None else limit.value > 0


def test_a_set_is_not_empty_and_names_are_unique() -> None:
    with pytest.raises(LimitError, match="expected at least one limit"):
        LimitSet.parse([])
    with pytest.raises(LimitError, match="limit 'peak <= 1 GW' twice"):
        LimitSet.parse(["peak <= 1 GW", "peak <= 1 GW"])


def test_a_limit_explains_itself() -> None:
    text = Limit.parse("ramp 1s <= 20 MW").explain()
    assert text.startswith("ramp 1 s at most 20.00 MW: largest change, upwards or downwards")
    assert "P(t + window) - P(t)" in text
    assert Limit.parse("minimum >= 2 MW").explain().startswith("minimum at least 2.000 MW")
    assert Limit.parse("band 0.1-2.5 Hz <= 1 MW").subject == "band 0.1-2.5 Hz"
