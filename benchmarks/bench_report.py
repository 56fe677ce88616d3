# SPDX-License-Identifier: Apache-2.0
"""What a reader waits for: the page of an hour at 1 ms, written, and opened in a fresh browser."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from benchmarks.measure import Bar, Bench, Work
from powermodel.report.page import write_page
from tests.report import chromium
from tests.report.test_page import buffered_tree

_MEGABYTE = 1e6
_FIRST_CHART = """new Promise((done) => { const look = () => document.querySelector('.main-svg')
  ? requestAnimationFrame(() => done(true)) : setTimeout(look, 5); look(); })"""


def _page(folder: Path, small: bool) -> tuple[Path, float]:
    duration_s = 60.0 if small else 3600.0
    return write_page(buffered_tree(duration_s, 1e-3), folder / "page.html"), duration_s


def test_write(bench: Bench, tmp_path: Path) -> None:
    duration_s = 60.0 if bench.small else 3600.0
    tree = buffered_tree(duration_s, 1e-3)
    work = Work(
        group=f"page: {duration_s:g} s at 1 ms with every layer",
        row="write",
        simulated_s=duration_s,
        bars=(Bar("megabytes", at_most=15.0),),
    )
    page = bench.time(work, lambda: write_page(tree, tmp_path / "page.html"), rounds=3)
    bench.note(megabytes=page.stat().st_size / _MEGABYTE)


def test_open(bench: Bench, tmp_path: Path) -> None:
    program = chromium.found()
    if program is None:
        pytest.skip(f"no Chromium here: {chromium.NAMES}")
    page, duration_s = _page(tmp_path, bench.small)
    work = Work(
        group=f"page: {duration_s:g} s at 1 ms with every layer",
        row="open in a fresh browser, until the first chart stands",
        bars=(Bar("median_s", at_most=3.0),),
    )

    with ExitStack() as browsers:
        folders = (tmp_path / f"{number}" for number in range(100))
        tabs: list[chromium.Tab] = []

        def fresh() -> None:
            folder = next(folders)
            folder.mkdir()
            browsers.close()
            tabs.append(browsers.enter_context(chromium.tab(program, folder)))
            tabs[-1].size(1200)

        def opened() -> None:
            tabs[-1].open(page)
            tabs[-1].run(_FIRST_CHART)

        bench.time(work, opened, setup=fresh, rounds=5, warm_up=0, child=True)
