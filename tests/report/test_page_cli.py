# SPDX-License-Identifier: Apache-2.0
"""``powermodel report`` on a made-up run."""

from __future__ import annotations

import pytest

from tests.planner.made_series import sine, write_store


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    power = sine(500e6, 4e6, 2.0, 40, 2e-3)
    return write_store(tmp_path_factory.mktemp("report") / "made.zarr", power, 2_000_000)


def test_the_verb_writes_the_page_and_says_where(cli, tmp_path, made):
    page = tmp_path / "page.html"
    status, out, err = cli("report", made, page, "--profile", "ercot", "--mains", "60")
    assert (status, out.strip(), err) == (0, str(page), "")
    text = page.read_text(encoding="utf-8")
    assert "ercot-swing" in text
    assert "proposed, not in force" in text


def test_an_incomplete_run_is_warned_of(cli, tmp_path):
    power = sine(500e6, 4e6, 2.0, 40, 2e-3)
    part = write_store(tmp_path / "part.zarr", power, 2_000_000, blocks=2)
    status, _, err = cli("report", part, tmp_path / "page.html")
    assert status == 0
    assert "the run is not complete: 20 s of 40 s are whole" in err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["page.pdf"], "unknown format of a page: expected .html, .htm, got '.pdf'"),
        (["page.html", "--profile", "erkot"], "unknown limit profile 'erkot'"),
        (["page.html", "--run", "1"], "expected a run from 0 to 0, got 1"),
        (["page.html", "--short-circuit", "10 GVA"], "--x-over-r"),
        (["page.html", "--rated", "1000"], "missing unit"),
    ],
)
def test_slips_exit_2_and_write_nothing(cli, tmp_path, made, words, says):
    status, out, err = cli("report", made, tmp_path / words[0], *words[1:])
    assert (status, out) == (2, "")
    assert says in err
    assert list(tmp_path.iterdir()) == []
