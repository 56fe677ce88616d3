# SPDX-License-Identifier: Apache-2.0
"""Help, version, grammar, and what becomes of errors."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys

import pytest

from powermodel.cli import app as cli_app

VERBS = (
    "new",
    "check",
    "run",
    "show",
    "plot",
    "size",
    "sweep",
    "study",
    "limits",
    "evidence",
    "export",
    "datasets",
    "schema",
    "doctor",
)
HEAVY = (
    "numpy",
    "numba",
    "scipy",
    "xarray",
    "zarr",
    "dask",
    "distributed",
    "pydantic",
    "pint",
    "pyarrow",
    "matplotlib",
    "psutil",
)


def test_help_names_every_verb_in_the_order_of_work(cli):
    answer = cli("--help")
    assert answer.status == 0
    found = [line.split()[1] for line in answer.out.splitlines() if line.startswith("│ ")]
    assert [word for word in found if word in VERBS] == list(VERBS)
    assert "powermodel run colossus2-phase1 out.zarr --duration 10s" in answer.out


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_each_of_its_options(cli, verb, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    answer = cli(verb, "--help")
    assert answer.status == 0
    assert answer.out.startswith(f"Usage: powermodel {verb}")
    lines = [line.strip("│ ") for line in answer.out.splitlines() if line.startswith("│ ")]
    assert all(len(line.split()) > 2 for line in lines), lines


def test_help_imports_nothing_heavy():
    code = (
        "import sys\n"
        "from powermodel.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    pass\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "Usage: powermodel" in done.stdout


def test_version(cli):
    assert cli("--version").out.strip() == importlib.metadata.version("powermodel")


def test_python_dash_m_and_the_script_are_the_same_command():
    done = subprocess.run(
        [sys.executable, "-m", "powermodel", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == importlib.metadata.version("powermodel")
    (script,) = importlib.metadata.entry_points(group="console_scripts", name="powermodel")
    assert script.load() is cli_app.main


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], 'Unknown command "frobnicate"'),
        (["chek"], 'Did you mean "check"?'),
        (["run"], "SCENARIO requires an argument"),
        (["run", "colossus2-phase1", "x.zarr", "--engine", "magic"], '"events", "steps"'),
        (["run", "colossus2-phase1", "x.zarr", "--seed", "seven"], "seven"),
        (["show", "x.zarr", "--jsn"], "--jsn"),
    ],
)
def test_wrong_grammar_exits_2_and_says_what_is_wrong(cli, words, says):
    answer = cli(*words)
    assert answer.status == 2
    assert says in answer.err
    assert answer.out == ""


def test_an_unexpected_error_keeps_its_traceback(cli, monkeypatch):
    def broken(_arguments):
        raise ZeroDivisionError("a slip of ours")

    monkeypatch.setattr(cli_app, "app", broken)
    with pytest.raises(ZeroDivisionError, match="a slip of ours"):
        cli_app.main([])


def test_an_interrupt_outside_a_run_exits_130(cli, monkeypatch):
    def interrupted(_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli_app, "app", interrupted)
    answer = cli("doctor")
    assert (answer.status, answer.err) == (130, "interrupted\n")


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m powermodel schema | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["{", "0"]
    assert done.stderr == ""


def test_an_ascii_terminal_gets_question_marks_and_no_traceback(store):
    done = subprocess.run(
        [sys.executable, "-m", "powermodel", "show", str(store)],
        capture_output=True,
        check=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONIOENCODING": "ascii", "HOME": str(store.parent)},
    )
    assert done.stdout.startswith(b"made-up  ?  seed 7")


def test_colors_are_for_terminals_only(cli):
    assert "\x1b" not in cli("datasets", "nothing").err
