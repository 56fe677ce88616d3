# SPDX-License-Identifier: Apache-2.0
"""Every benchmark runs, its results become a table, and two revisions are compared fairly."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import anchor, compare, table
from benchmarks.measure import Bar, Work
from powermodel.device import cuda_problem

# On a fresh machine the first benchmarks wait for kernels to be compiled.
pytestmark = pytest.mark.timeout(1200)

ROOT = Path(__file__).parents[2]
MACHINE = {"system": "Linux", "machine": "x86_64", "python_version": "3.11.7", "cores": 2}


@pytest.fixture(scope="module")
def small_results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all benchmarks leave when they do little work once."""
    result = tmp_path_factory.mktemp("bench") / "bench.json"
    command = [sys.executable, "-m", "pytest", "benchmarks", "--small", "--benchmark-only"]
    command += [f"--benchmark-json={result}", "-q", "-p", "no:cacheprovider", "--no-header"]
    # A child that knows of workers beside it would not measure at all.
    alone = {key: value for key, value in os.environ.items() if "XDIST" not in key}
    done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return result


def test_every_benchmark_leaves_a_row(small_results: Path) -> None:
    entries = json.loads(small_results.read_text())["benchmarks"]
    ran = {(Path(e["fullname"].split("::")[0]).name, e["name"].split("[")[0]) for e in entries}
    here = cuda_problem() is None
    written = {
        (file.name, node.name)
        for file in (ROOT / "benchmarks").glob("bench_*.py")
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        # Rows of a GPU are left out where there is none.
        if here or "gpu" not in [argument.arg for argument in node.args.args]
    }
    assert ran == written
    assert all(e["extra_info"]["row"] and e["group"] for e in entries)


def test_small_results_become_a_table_and_a_plot(
    small_results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert table.main([str(small_results)]) == 0
    shown = capsys.readouterr().out
    for words in (
        "events, 1 thread",
        "powermodel --help",
        "ns/event/core",
        "ns/change/core",
        "scaling: dt",
    ):
        assert words in shown
    assert small_results.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    # Little work says nothing about the bars of the project.
    assert "0 of 0 bars met" in shown


def made_up(path: Path, **medians: float) -> Path:
    """Write results of 10 simulated seconds of two engines."""
    bars = [
        {"figure": "times_real_time", "at_least": 60.0, "at_most": None},
        {"figure": "ratio", "at_least": 8.0, "at_most": None},
        {"figure": "peak_rss_bytes", "at_least": None, "at_most": 2.0**31},
    ]
    entries = [
        {
            "name": f"test_{engine}",
            "group": "fleet",
            "stats": {"median": median_s, "rounds": 3},
            "extra_info": {
                "row": engine,
                "times_real_time": 10.0 / median_s,
                "peak_rss_bytes": 3.0 * 2**30,
                **({"ratio_to": "steps", "bars": bars} if engine == "events" else {}),
            },
        }
        for engine, median_s in medians.items()
    ]
    path.write_text(json.dumps({"machine_info": MACHINE, "benchmarks": entries}))
    return path


def test_table_says_which_bars_are_met(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert table.main([str(made_up(tmp_path / "bench.json", events=0.2, steps=4.0))]) == 0
    shown = capsys.readouterr().out
    assert "20.00 x steps" in shown
    assert "1 of 3 bars met" in shown
    # 50 of 60 times real time, 3 GiB where 2 GiB are allowed.
    assert "events: times real time >= 60: missed by 17 %" in shown
    assert "events: peak rss bytes <= 2 GiB: missed by 50 %" in shown
    assert not (tmp_path / "bench.png").exists()


def test_a_bar_without_its_figure_is_not_met(tmp_path: Path) -> None:
    document = json.loads(made_up(tmp_path / "bench.json", events=0.1).read_text())
    assert "events: ratio >= 8: not measured" in table.tally(table.rows_of(document))


@pytest.mark.parametrize(
    ("content", "words"), [(None, "run make bench first"), ("{}", "is not what pytest")]
)
def test_table_refuses_what_it_cannot_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, words: str
) -> None:
    path = tmp_path / "bench.json"
    if content is not None:
        path.write_text(content)
    assert table.main([str(path)]) == 2
    assert words in capsys.readouterr().err


def test_figures_follow_from_the_median() -> None:
    work = Work(
        "fleet", "events", simulated_s=10.0, accelerator_steps=2_000, events=100, changes=50,
        bytes=800, threads=2, bars=(Bar("times_real_time", at_least=60.0),),
    )  # fmt: skip
    assert work.figures(0.5) == {
        "times_real_time": 20.0,
        "accelerator_steps_per_s": 4_000.0,
        "ns_per_event_per_core": 1e7,
        "ns_per_change_per_core": 2e7,
        "bytes_per_s": 1_600.0,
    }


@pytest.mark.parametrize("threads", [1, 2])
def test_anchor_does_the_arithmetic(tmp_path: Path, threads: int) -> None:
    keep = np.array([0.25, 0.3, 0.98], np.float32)
    made = anchor.Anchor(anchor.compiled(tmp_path), 3, 5, 60, 20, keep, threads)
    state, rack = made.start.copy(), []
    for k in range(60):
        state = (made.start if k % 20 == 0 else state) * keep[:, None]
        total = (state[0] + state[1]) + state[2]
        rounded = np.trunc(total + np.where(total >= 0, np.float32(0.5), np.float32(-0.5)))
        rack.append(int((made.target + rounded.astype(np.int32)).sum()))
    for order in anchor.ORDERS:
        np.testing.assert_array_equal(made.power(order), np.tile(rack, (3, 1)))


def test_anchor_without_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(FileNotFoundError, match="there is no C compiler: install cc, or name one"):
        anchor.compiled(tmp_path)


def rows(median_s: float, steps: int = 100) -> dict[str, dict[str, object]]:
    extra = {"accelerator_steps": steps}
    return {"test_events": {"stats": {"median": median_s}, "extra_info": extra}}


@pytest.mark.parametrize(
    ("ratios", "words"),
    [
        ((0.80, 0.81, 0.79), "events: B takes 20.0 % less time than A, pairs from 0.790 to 0.810"),
        ((1.50, 1.49, 1.52), "events: B takes 50.0 % more time than A, pairs from 1.490 to 1.520"),
        ((0.98, 1.01, 0.99), "events: DISTRUST, B/A 0.990, pairs from 0.980 to 1.010"),
    ],
)
def test_verdict_of_pairs(ratios: tuple[float, ...], words: str) -> None:
    assert str(compare.Verdict("events", ratios)).startswith(words)


def test_only_equal_work_is_compared() -> None:
    assert compare.pair_ratios(rows(2.0), rows(1.0)) == {"test_events": 0.5}
    with pytest.raises(compare.CompareError, match="accelerator_steps is 100 and 200"):
        compare.pair_ratios(rows(2.0), rows(1.0, steps=200))
    with pytest.raises(compare.CompareError, match="no benchmark in common"):
        compare.pair_ratios(rows(2.0), {})


def test_pairs_alternate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    order: list[str] = []

    def timed(tree: Path, select: list[str], result: Path) -> dict[str, dict[str, object]]:
        order.append(tree.name)
        return rows(2.0 if tree.name == "a" else 1.0)

    monkeypatch.setattr(compare, "git", lambda *words: None)
    monkeypatch.setattr(compare, "timed", timed)
    (verdict,) = compare.compare(("old", "new"), [], pairs=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert verdict.ratios == (0.5, 0.5, 0.5)


def test_too_few_pairs_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        compare.main(["a", "b", "--pairs", "3"])
    assert "expected at least 4, got 3" in capsys.readouterr().err


def test_failed_checkout_is_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def git(*words: str) -> None:
        raise compare.CompareError(f"fatal: invalid reference: {words[-1]}")

    monkeypatch.setattr(compare, "git", git)
    assert compare.main(["no-such-revision", "HEAD"]) == 2
    assert "invalid reference: no-such-revision" in capsys.readouterr().err
