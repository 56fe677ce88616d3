# SPDX-License-Identifier: Apache-2.0
"""Compare two revisions on this machine, in alternating pairs of runs.

python benchmarks/compare.py main~1 main
python benchmarks/compare.py v0.1 HEAD --select benchmarks/bench_chain.py --pairs 10

Each revision is checked out beside this tree and runs its own benchmarks in processes of its own.
A pair is one run of each, the order turned round from pair to pair, so that a machine that slows
down or speeds up disfavours both alike. Where pairs disagree on which revision is faster the result
is DISTRUST: nothing can be said. Six pairs of the same code agree by chance once in 32 times.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

_DEFAULT = ("benchmarks/bench_fleet.py", "-k", "events and two and quiet")
_FEWEST_PAIRS = 4
# What makes up the work: where it differs, times do not compare.
_WORK = ("accelerator_steps", "events", "bytes", "simulated_s")


class CompareError(Exception):
    """What keeps two revisions from being compared."""


@dataclass(frozen=True)
class Verdict:
    """What the pairs say about one benchmark."""

    name: str
    ratios: tuple[float, ...]
    """Time of B over time of A, pair by pair."""

    @property
    def trusted(self) -> bool:
        """Whether all pairs agree on which one is faster."""
        return all(r < 1.0 for r in self.ratios) or all(r > 1.0 for r in self.ratios)

    def __str__(self) -> str:
        middle = median(self.ratios)
        span = f"pairs from {min(self.ratios):.3f} to {max(self.ratios):.3f}"
        if not self.trusted:
            return f"{self.name}: DISTRUST, B/A {middle:.3f}, {span}: pairs disagree in sign"
        word = "less" if middle < 1.0 else "more"
        return f"{self.name}: B takes {100 * abs(middle - 1.0):.1f} % {word} time than A, {span}"


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """Check a revision out into a folder, and take it away again."""
    git("worktree", "add", "--detach", "--quiet", str(folder), revision)
    try:
        yield folder
    finally:
        git("worktree", "remove", "--force", str(folder))


def git(*words: str) -> None:
    done = subprocess.run(
        ["git", *words], cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CompareError(done.stderr.strip())


def timed(tree: Path, select: list[str], result: Path) -> dict[str, dict[str, Any]]:
    """Run the selected benchmarks of a tree and return their rows by name."""
    # Found before the installed package: its own sources, not those it was installed from.
    path = os.pathsep.join(str(tree / part) for part in (".", "kernels", "datasets"))
    command = [sys.executable, "-m", "pytest", *select, "-q", "--benchmark-only"]
    done = subprocess.run(
        [*command, f"--benchmark-json={result}"],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CompareError(f"the benchmarks of {tree.name} failed:\n{done.stdout}{done.stderr}")
    entries = json.loads(result.read_text())["benchmarks"]
    return {entry["name"]: entry for entry in entries}


def pair_ratios(a: dict[str, dict[str, Any]], b: dict[str, dict[str, Any]]) -> dict[str, float]:
    """Return the time of B over that of A for each benchmark that both have."""
    both = [name for name in a if name in b]
    if not both:
        raise CompareError("the two revisions have no benchmark in common; choose with --select")
    for name in both:
        for figure in _WORK:
            one, other = (rows[name]["extra_info"].get(figure) for rows in (a, b))
            if one != other:
                raise CompareError(f"{name} is not the same work: {figure} is {one} and {other}")
    return {name: b[name]["stats"]["median"] / a[name]["stats"]["median"] for name in both}


def compare(revisions: tuple[str, str], select: list[str], pairs: int) -> list[Verdict]:
    """Run the pairs and return what they say."""
    found: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="powermodel-compare-") as folder:
        root = Path(folder)
        with checked_out(revisions[0], root / "a") as a, checked_out(revisions[1], root / "b") as b:
            for number in range(pairs):
                trees = (a, b) if number % 2 == 0 else (b, a)
                rows = {tree: timed(tree, select, root / "result.json") for tree in trees}
                for name, ratio in pair_ratios(rows[a], rows[b]).items():
                    found.setdefault(name, []).append(ratio)
                    print(f"pair {number + 1}/{pairs}: {name}: B/A {ratio:.3f}", flush=True)
    return [Verdict(name, tuple(ratios)) for name, ratios in found.items()]


def main(arguments: list[str] | None = None) -> int:
    """Compare and print; exit status 1 where pairs disagree, 2 where they cannot run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("a", metavar="REV_A")
    parser.add_argument("b", metavar="REV_B")
    parser.add_argument("--pairs", type=int, default=6, help="runs of each revision")
    parser.add_argument("--select", nargs="+", default=list(_DEFAULT), help="what pytest is given")
    chosen = parser.parse_args(arguments)
    if chosen.pairs < _FEWEST_PAIRS:
        parser.error(
            f"--pairs: expected at least {_FEWEST_PAIRS}, got {chosen.pairs}: "
            "so few agree by chance too often"
        )
    try:
        verdicts = compare((chosen.a, chosen.b), chosen.select, chosen.pairs)
    except CompareError as error:
        print(error, file=sys.stderr)
        return 2
    for verdict in verdicts:
        print(verdict)
    return 0 if all(verdict.trusted for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
