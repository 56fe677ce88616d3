# SPDX-License-Identifier: Apache-2.0
"""The page in headless Chromium: drawn, zoomed, hidden and shown, dark, narrow and on paper."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest

import powermodel as pm
from powermodel.limits.rule_measures import Site
from powermodel.report.page import write_page
from powermodel.report.page.content import Asked
from powermodel.report.page.study import write_study_page
from tests.ensemble.test_study_reduction import made
from tests.report import chromium
from tests.report.page_scripts import CONTRAST, LINES
from tests.report.test_page import buffered_tree, contrast
from tests.report.test_page_parts import GRID, SIZING

PROGRAM = chromium.found()
pytestmark = pytest.mark.skipif(
    PROGRAM is None,
    reason="no Chromium on this machine (one of: " + ", ".join(chromium.NAMES) + ")",
)
DT_S = 2e-3
DRAWN = """new Promise((done) => { const look = () => document.documentElement.dataset.drawn
  ? done(document.querySelectorAll('.chart').length) : setTimeout(look, 10); look(); })"""
RANGES = "[...document.querySelectorAll('#time .chart')].map((box) => box.layout.xaxis.range)"

PAINTED = """[...document.querySelectorAll('.chart .main-svg:first-child')].every((svg) =>
  getComputedStyle(svg).backgroundColor === getComputedStyle(document.body).backgroundColor)"""


def soon(tab, script):
    """Wait until a condition holds: a click waits for a second one, a zoom for its charts."""
    look = f"() => ({script}) ? done(true) : late-- ? setTimeout(look, 20) : done(false)"
    assert tab.run(f"new Promise((done) => {{ let late = 500; const look = {look}; look(); }})")


def zoomed(tab, begin, end, slack_s=0.2):
    """Wait until all charts over time show a range."""
    near = f"Math.abs(r[0] - {begin}) < {slack_s} && Math.abs(r[1] - {end}) < {slack_s}"
    soon(tab, f"{RANGES}.every((r) => {near})")


def dressed(tab, *, dark):
    """Make the page dark or light, and wait until all charts are."""
    tab.dark(dark)
    soon(tab, PAINTED)


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("browser")
    (folder / "sizing.json").write_text(json.dumps(SIZING), encoding="utf-8")
    tree = buffered_tree(seconds=120.0)
    tree.attrs["scenario"] = pm.Scenario.load("colossus2-phase1").to_yaml()
    asked = Asked(
        profiles=("ercot", "atc"),
        site=Site(grid=GRID, mains_hz=60.0),
        sizing=str(folder),
        ridethrough="n-virginia-2024-07-10",
    )
    return write_page(tree, folder / "report.html", asked)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    values = np.random.default_rng(5).normal(1e6, 1e5, size=(2, 3, 40))
    return write_study_page(made(values), tmp_path_factory.mktemp("study") / "study.html")


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with chromium.tab(PROGRAM, tmp_path_factory.mktemp("chromium")) as tab:
        yield tab


@pytest.fixture(scope="module")
def wide(browser, page):
    """The page on a wide screen, all of it drawn."""
    browser.size(1200)
    browser.open(page)
    browser.run(DRAWN)
    return browser


@pytest.fixture
def opened(wide):
    """The same, light and zoomed out."""
    wide.complaints.clear()
    wide.run("window.dispatchEvent(new Event('afterprint'))")
    dressed(wide, dark=False)
    wide.run("document.getElementById('whole-run').click()")
    zoomed(wide, 0, 120)
    yield wide
    assert wide.complaints == []


def middle(tab, script):
    """Bring an element to the middle of the screen and return where it is."""
    return tab.run(
        f"(() => {{ const node = {script}; node.scrollIntoView({{block: 'center'}});"
        " const r = node.getBoundingClientRect(); return [r.x, r.y, r.width, r.height]; })()"
    )


def test_every_chart_is_drawn_and_the_page_complains_of_nothing(opened):
    empty = (
        "[...document.querySelectorAll('.chart')]"
        ".filter((b) => !b.querySelector('.scatterlayer path.js-line, .scatterlayer path.point'))"
    )
    assert opened.run(f"{empty}.map((box) => box.id)") == []


def test_the_newest_sections_are_drawn(opened):
    charts = opened.run(
        "['spectrum', 'line-frequency', 'ride-envelope', 'ride-power', 'sizing-front']"
        ".map((id) => document.getElementById(id).data.map((t) => [t.name, t.x.length]))"
    )
    spectrum, line, envelope, ride, sizing = (dict(one) for one in charts)
    # A mode is a line of two points and a gap.
    assert spectrum["inter-area modes of known systems"] == 3 * 7
    assert spectrum["torsional modes of known systems"] % 3 == 0
    assert line["at the POI"] == 11
    assert envelope["sags: level and duration"] == 6
    assert len(ride) == 4
    assert sizing["every setting that keeps the limits"] == 1
    for part in ("line", "instruments", "flicker", "ride", "sizing"):
        _, y, _, height = middle(opened, f"document.getElementById('{part}')")
        assert height > 50
        assert y < 900


def test_a_mode_is_hidden_and_shown_by_its_name(opened):
    names = (
        "[...document.querySelectorAll('#spectrum .traces')]"
        ".find((t) => t.textContent.startsWith('torsional')).querySelector('.legendtoggle')"
    )
    hidden = "document.getElementById('spectrum').data.filter((t) => t.visible).length"
    assert opened.run(hidden) == 0
    for count in (1, 0):
        x, y, width, height = middle(opened, names)
        opened.click(x + width / 2, y + height / 2)
        soon(
            opened,
            "document.getElementById('spectrum').data"
            f".filter((t) => t.visible === 'legendonly').length === {count}",
        )


def test_a_drag_zooms_all_charts_over_time(opened):
    x, y, width, height = middle(opened, "document.querySelector('#power .nsewdrag')")
    first = "document.getElementById('power').data[2].x.slice(0, 2)"
    coarse = opened.run(first)
    opened.drag((x + 0.40 * width, y + height / 2), (x + 0.41 * width, y + height / 2))
    zoomed(opened, 48.0, 49.2)
    fine = opened.run(first)
    assert fine[1] - fine[0] < 0.1 * (coarse[1] - coarse[0])
    opened.run("document.getElementById('whole-run').click()")
    zoomed(opened, 0, 120)


def test_a_button_shows_its_part_sample_by_sample(opened):
    begin, end = opened.run(
        "(() => { const b = document.querySelector('button[data-begin]'); b.click();"
        " return [+b.dataset.begin, +b.dataset.end]; })()"
    )
    zoomed(opened, begin, end, 1e-3)
    x = opened.run("document.getElementById('power').data[2].x")
    assert (x[0], x[1]) == pytest.approx((begin, begin + DT_S))
    assert len(x) == round((end - begin) / DT_S)


def test_a_click_on_a_name_hides_its_series_and_another_shows_it(opened):
    hidden = "document.getElementById('power').data.filter((t) => t.visible == 'legendonly').length"

    def click():
        x, y, width, height = middle(opened, "document.querySelector('#power .legendtoggle')")
        opened.click(x + width / 2, y + height / 2)

    assert opened.run(hidden) == 0
    click()
    soon(opened, f"{hidden} === 3")  # minimum, maximum and mean of one series
    opened.run("document.querySelector('button[data-begin]').click()")
    soon(opened, f"{RANGES}[0][0] > 0")
    assert opened.run(hidden) == 3  # a zoom keeps hidden what a reader hid
    click()
    soon(opened, f"{hidden} === 0")


@pytest.mark.parametrize("look", ["light", "dark", "paper"])
def test_text_meets_wcag_aa_by_its_computed_styles(opened, look):
    if look == "paper":
        opened.run("window.dispatchEvent(new Event('beforeprint'))")
    dressed(opened, dark=look == "dark")
    found = opened.run(CONTRAST)
    assert len(found) > 300
    assert found[0][0] >= 1.0, found[:5]


@pytest.mark.parametrize("dark", [False, True])
def test_lines_are_told_from_the_paper(opened, dark):
    dressed(opened, dark=dark)
    strokes = opened.run(LINES)
    assert len(strokes) > 8
    for stroke in strokes:
        rgb = "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", stroke)[:3])
        assert contrast(rgb, "#14171a" if dark else "#ffffff") >= 3, stroke


def test_every_figure_has_words(opened):
    words = opened.run(
        "[...document.querySelectorAll('figure')].map((f) => ["
        "f.querySelector('.chart').getAttribute('aria-label'),"
        " f.querySelector('figcaption').innerText])"
    )
    assert len(words) == opened.run("document.querySelectorAll('.chart').length")
    assert all(label == text and re.search(r"\d", text) for label, text in words)


def test_it_prints_light_and_whole_and_comes_back(opened):
    dressed(opened, dark=True)
    before = opened.run("document.getElementById('power').clientWidth")
    pdf = base64.b64decode(opened.send("Page.printToPDF", printBackground=True)["data"])
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 4
    assert not opened.run("document.documentElement.classList.contains('paper')")
    assert opened.run("document.getElementById('power').clientWidth") == before
    opened.send("Emulation.setEmulatedMedia", media="print")
    shown = opened.run(
        "['nav', '.buttons', '.modebar'].map((name) => document.querySelector(name))"
        ".map((node) => getComputedStyle(node).display)"
    )
    opened.send("Emulation.setEmulatedMedia", media="")
    assert shown == ["none", "none", "none"]


# From here on each test opens a page of its own.


@pytest.mark.parametrize(("which", "dark"), [("page", False), ("page", True), ("study", False)])
def test_a_narrow_screen_needs_no_sideways_scrolling(browser, request, which, dark):
    browser.complaints.clear()
    browser.size(400, 800)
    browser.dark(dark)
    browser.open(request.getfixturevalue(which))
    browser.run(DRAWN)
    assert browser.run("document.querySelectorAll('.modebar-btn').length") == 0
    assert browser.run("document.documentElement.scrollWidth") <= 400
    wide = (
        "[...document.querySelectorAll('main *')].filter((n) => n.getBoundingClientRect().right"
        " > 400.5 && getComputedStyle(n).position !== 'absolute').map((n) => n.outerHTML)"
    )
    assert browser.run(wide) == []
    small = (
        "[...document.querySelectorAll('main :not(svg *)')].filter((n) => n.innerText"
        " && parseFloat(getComputedStyle(n).fontSize) < 11).length"
    )
    assert browser.run(small) == 0
    assert browser.complaints == []


@pytest.mark.parametrize("dark", [False, True])
def test_the_page_of_a_study_is_drawn_and_can_be_read(browser, study, dark):
    browser.complaints.clear()
    browser.size(1200)
    browser.open(study)
    dressed(browser, dark=dark)
    assert browser.run(DRAWN) == 1
    lines = browser.run("document.querySelectorAll('.chart .scatterlayer path.js-line').length")
    assert lines == 3  # 5, 50 and 95 %
    ticks = "[...document.querySelectorAll('.xaxislayer-above text')].map((t) => t.textContent)"
    assert browser.run(ticks) == ["0 ms", "10 ms", "20 ms"]
    found = browser.run(CONTRAST)
    assert len(found) > 50
    assert found[0][0] >= 1.0, found[:5]
    assert browser.complaints == []


def test_only_what_is_near_the_screen_is_drawn_at_first(browser, page):
    browser.size(1200, 500)
    script = browser.send(
        "Page.addScriptToEvaluateOnNewDocument", source="window.requestIdleCallback = () => 0;"
    )["identifier"]
    browser.open(page)
    browser.send("Page.removeScriptToEvaluateOnNewDocument", identifier=script)
    drawn = browser.run("document.querySelectorAll('.chart .main-svg').length")
    assert drawn < browser.run("document.querySelectorAll('.chart').length")
