# SPDX-License-Identifier: Apache-2.0
"""Lists and ranges of quantities, and paths with a star."""

import pytest

from powermodel.errors import ScenarioError
from powermodel.scenario.overrides import parse_path
from powermodel.sizing.changes import expanded, is_zero
from powermodel.sizing.errors import SizingError
from powermodel.sizing.ranges import POINTS, fractions, quantities


def test_reads_lists_and_ranges() -> None:
    assert quantities("0,65,130 J", "J", "x") == (0.0, 65.0, 130.0)
    assert quantities("500 ms, 1 s", "s", "x") == (0.5, 1.0)
    assert quantities("20ms", "s", "x") == (0.02,)
    assert quantities("0..200 ms", "s", "x") == (
        0.0, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2,
    )  # fmt: skip
    assert len(quantities("10 ms .. 1 s", "s", "x")) == POINTS
    assert quantities("0..50 ms", "s", "x", 0.002) == (
        0.0, 0.006, 0.012, 0.018, 0.024, 0.032, 0.038, 0.044, 0.05,
    )  # fmt: skip
    assert fractions("0,0.5,80 %", "x") == (0.0, 0.5, 0.8)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,65,130", "missing unit: got '0,65,130'"),
        ("0,65,130 s", "wrong unit in '0 s': expected an energy"),
        ("65,0 J", "expected rising values, got 65.0, 0.0"),
        ("65,65 J", "expected rising values"),
        ("-1,0 J", "expected a value of at least 0, got '-1'"),
        ("0..1..2 J", "expected FROM..TO"),
        ("a,2 J", "cannot read 'a'"),
        (",2 J", "cannot read ' J'"),
    ],
)
def test_says_what_is_wrong_with_a_list(text: str, message: str) -> None:
    with pytest.raises(SizingError) as caught:
        quantities(text, "J", "--rack-joules")
    assert message in str(caught.value)
    assert str(caught.value).startswith("--rack-joules: ")


@pytest.mark.parametrize("text", ["0,50", "x", "0.5,0.2", "-0.1"])
def test_says_what_is_wrong_with_a_share(text: str) -> None:
    with pytest.raises(SizingError, match=r"^--floor: expected"):
        fractions(text, "--floor")


def test_a_star_stands_for_every_element() -> None:
    data = {"jobs": [{"a": 1}, {"a": 2}], "site": {"halls": [{}, {}]}}
    assert expanded(data, "jobs.*.a") == [parse_path("jobs.0.a"), parse_path("jobs.1.a")]
    assert expanded(data, "site.halls.*.store") == [
        parse_path("site.halls.0.store"),
        parse_path("site.halls.1.store"),
    ]
    assert expanded(data, "jobs.0.a") == [parse_path("jobs.0.a")]
    with pytest.raises(ScenarioError, match="expected a list at 'job'"):
        expanded(data, "job.*.a")
    with pytest.raises(ScenarioError, match=r"expected a list at 'jobs\.0'"):
        expanded(data, "jobs.0.*.a")


@pytest.mark.parametrize("value", [0, 0.0, None, "0 J", "0.00", "0 %", "0%", "-0 J"])
def test_nothing(value: object) -> None:
    assert is_zero(value)


@pytest.mark.parametrize("value", [1, 0.5, "10 J", "0.5 %", "1e-3 J", "x0"])
def test_something(value: object) -> None:
    assert not is_zero(value)
