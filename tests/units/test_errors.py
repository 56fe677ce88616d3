# SPDX-License-Identifier: Apache-2.0
"""Errors say where, what and what to do, survive pickling, and set the exit status."""

from __future__ import annotations

import pickle

import pytest

from powermodel import errors
from powermodel.errors import PowermodelError, Problem, ScenarioError, StoreError


def test_message_has_place_and_hint() -> None:
    error = ScenarioError("unknown key 'tiem'", where="a.yaml: tiem (line 3)", hint="time?")
    assert str(error) == "a.yaml: tiem (line 3): unknown key 'tiem'\n  hint: time?"


def test_many_problems_are_all_shown() -> None:
    problems = [Problem("one", "a (line 1)"), Problem("two", "b (line 2)", "do this")]
    error = ScenarioError.of(problems, source="s.yaml")
    assert str(error).splitlines() == [
        "s.yaml: 2 problems",
        "- a (line 1): one",
        "- b (line 2): two",
        "  hint: do this",
    ]
    assert error.problems == tuple(problems)


def test_one_problem_reads_as_one_line() -> None:
    error = ScenarioError.of([Problem("one", "a (line 1)")], source="s.yaml")
    assert str(error) == "s.yaml: a (line 1): one"


def test_errors_cross_process_borders() -> None:
    error = StoreError("the disk is full", where="out.zarr", hint="free 3 GB")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (StoreError, str(error))


@pytest.mark.parametrize(
    ("kind", "code"),
    [("Unit", 2), ("Scenario", 2), ("Trace", 2), ("Plan", 2), ("Store", 3), ("Device", 4)],
)
def test_exit_codes(kind: str, code: int) -> None:
    cls = getattr(errors, f"{kind}Error")
    assert issubclass(cls, PowermodelError)
    assert cls.exit_code == code
