# SPDX-License-Identifier: Apache-2.0
"""The words and the bar that tell how far a run is."""

from __future__ import annotations

import io
import sys

import pytest

from powermodel.cli.progress import Lines, LiveBar, Silent, clock, pace, watch
from powermodel.simulation import Progress

TOTAL_S = 600.0


class Terminal(io.StringIO):
    """A terminal, as rich sees it."""

    def isatty(self) -> bool:
        return True


def at(done_s: float, elapsed_s: float, restored: int = 0) -> Progress:
    return Progress(done_s, TOTAL_S, int(done_s // 10), 60, elapsed_s, restored)


@pytest.mark.parametrize(
    ("time_s", "words"),
    [
        (0.2, "1 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (3599.7, "1 h 0 min"),
        (12000, "3 h 20 min"),
    ],
)
def test_clock(time_s, words):
    assert clock(time_s) == words


@pytest.mark.parametrize(
    ("marks", "words"),
    [
        ([at(0, 0)], "starting"),
        ([at(600, 0)], "complete"),
        ([at(0, 0), at(10, 40)], "first block in 40 s"),
        # 50 s in 5 s once the first block is done: 540 s more take 54 s.
        ([at(0, 0), at(10, 40), at(60, 45)], "10 × real time, 54 s left"),
        # What stood there before the resume does not count.
        ([at(500, 1), at(510, 9), at(550, 13)], "10 × real time, 5 s left"),
        ([at(0, 0), at(10, 40), at(600, 100)], "took 1 min 40 s, 6 × real time"),
        ([at(0, 0), at(600, 0)], "took 1 s, 6e+08 × real time"),
    ],
)
def test_pace(marks, words):
    assert pace(marks) == words


def test_lines_come_with_each_tenth_or_after_half_a_minute(capsys):
    with Lines() as lines:
        for now in (
            at(0, 0),
            at(10, 1),
            at(20, 2),
            at(30, 33),
            at(60, 34),
            at(70, 35),
            at(600, 40),
        ):
            lines(now)
    said = [line.split(" of")[0] for line in capsys.readouterr().err.splitlines()]
    assert said == ["0", "30", "60", "600"]


def test_a_run_that_was_complete_is_told_once(capsys):
    Lines()(at(600, 0, restored=60))
    assert capsys.readouterr().err == "600 of 600 s simulated, complete\n"


def test_the_bar_ends_on_the_terminal_as_the_run_does(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    shown = watch(quiet=False)
    assert isinstance(shown, LiveBar)
    with shown:
        for now in (at(0, 0), at(10, 40), at(60, 45), at(600, 100)):
            shown(now)
    frames = terminal.getvalue().split("\r")
    last = next(frame for frame in reversed(frames) if "real time" in frame)
    assert "600 of 600 s" in last
    assert "took 1 min 40 s" in last


def test_where_there_is_no_terminal_lines_are_written():
    assert type(watch(quiet=False)) is Lines
    assert type(watch(quiet=True)) is Silent


def test_quiet_remembers_how_far_the_run_is(capsys):
    silent = Silent()
    for now in (at(0, 0), at(10, 1), at(20, 2), at(30, 3)):
        silent(now)
    assert [mark.done_s for mark in silent.marks] == [0, 10, 30]
    assert capsys.readouterr().err == ""
