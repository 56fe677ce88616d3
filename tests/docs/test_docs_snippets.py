# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows works: Python is run, YAML is loaded, commands and links exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import powermodel as pm

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted(path for path in (ROOT / "docs").rglob("*.md") if "_build" not in path.parts),
]
# A page shows the shipped scenario; here each job is small, so that only what is said is tested.
ACCELERATORS = 720


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", page.read_text(), re.DOTALL | re.MULTILINE)


def pages_with(language: str) -> list[Any]:
    return [
        pytest.param(page, id=str(page.relative_to(ROOT)))
        for page in PAGES
        if blocks(page, language)
    ]


@pytest.mark.parametrize("page", pages_with("python"))
def test_python_of_a_page_runs_from_top_to_bottom(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = pm.Scenario.load

    def small(source: str) -> pm.Scenario:
        return load(source).set("jobs.0.accelerators", ACCELERATORS)

    monkeypatch.setattr(pm.Scenario, "load", small)
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for number, code in enumerate(blocks(page, "python")):
        exec(compile(code, f"{page.name}[{number}]", "exec"), names)
    made = [name for name in names if not name.startswith("__")]
    assert "pm" in made


@pytest.mark.parametrize("name", ["scenario.md", "buffering.md", "chain.md"])
def test_yaml_of_a_page_is_the_small_scenario_or_part_of_it(name: str) -> None:
    first, *others = (
        yaml.safe_load(text) for text in blocks(ROOT / "docs" / "scenario.md", "yaml")
    )
    if name != "scenario.md":
        others = [yaml.safe_load(text) for text in blocks(ROOT / "docs" / name, "yaml")]
    whole = pm.Scenario.from_dict(first)
    assert whole.name == "small"
    assert others
    for part in others:
        assert pm.Scenario.from_dict(first | part) != whole


@pytest.fixture(scope="module")
def readme_outputs() -> list[list[str]]:
    return [text.splitlines() for text in blocks(ROOT / "README.md", "text")]


def test_plan_in_the_readme_is_what_check_prints(readme_outputs: list[list[str]]) -> None:
    command = [sys.executable, "-m", "powermodel", "check", "colossus2-phase1"]
    # Not what the process inherits: readline, which pytest may load, puts a width there.
    here = dict(os.environ)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=here)
    printed = done.stdout.splitlines()
    estimate = "expected time"  # depends on the machine
    shown = [line for line in readme_outputs[0] if not line.startswith(estimate)]
    assert shown == [line for line in printed if not line.startswith(estimate)]


def test_table_in_the_readme_is_what_show_prints(readme_outputs: list[list[str]]) -> None:
    scenario = pm.Scenario.load("colossus2-phase1").with_(time={"duration": "60 s"})
    found = {
        " ".join(f"{row['indicator']} {row['value']} {row['at']} {row['note']}".split())
        for row in pm.simulate(scenario, seed=7).grid.summary().to_rows()
    }
    rows = [" ".join(line.split()) for line in readme_outputs[1][5:-1]]
    assert len(rows) > 8
    assert [row for row in rows if row not in found] == []


def commands() -> set[str]:
    """Every powermodel command that a page tells the reader to type."""
    found = set()
    for page in PAGES:
        for text in [*blocks(page, "sh"), *blocks(page, r"\{terminal\}")]:
            lines = (line.partition("#")[0].strip() for line in text.splitlines())
            found |= {line for line in lines if line.startswith("powermodel ")}
    return found


def help_of(*verb: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "powermodel", *verb, "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_commands_of_the_pages_exist_with_their_options() -> None:
    options: dict[str, set[str]] = {}
    for command in commands():
        words = shlex.split(command)[1:]
        verb = words[0] if not words[0].startswith("-") else ""
        given = {word.partition("=")[0] for word in words if word.startswith("--")}
        options.setdefault(verb, set()).update(given)
    assert {"check", "run", "show", "plot", "new", "datasets"} <= set(options)
    for verb, given in options.items():
        text = help_of(verb) if verb else help_of()
        assert {option for option in given - {"--help"} if option not in text} == set(), verb


def test_links_between_pages_lead_somewhere() -> None:
    broken = []
    for page in PAGES:
        text = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            file = target.partition("#")[0]
            made = "generated/" in file  # by the build
            if file and "://" not in file and not made and not (page.parent / file).exists():
                broken.append(f"{page.relative_to(ROOT)}: {target}")
    assert broken == []


def test_shipped_scenarios_are_all_named_on_the_page_about_scenarios() -> None:
    from powermodel.scenario import shipped

    page = (ROOT / "docs" / "scenario.md").read_text()
    assert [name for name in shipped() if f"`{name}`" not in page] == []
