# SPDX-License-Identifier: Apache-2.0
"""Scenario files: lines in messages, YAML without surprises, shipped scenarios by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powermodel.errors import ScenarioError
from powermodel.scenario import Scenario, reading, shipped
from powermodel.scenario.readable import Readable


def _refused(path: Path, content: str | bytes) -> str:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(path)
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            'duration: "0.2 s"',
            'durration: "0.2 s"',
            "jobs[0].program.iteration[1].durration (line 19): unknown key 'durration'",
        ),
        (
            'duration: "0.2 s"',
            'duration: "-0.2 s"',
            "jobs[0].program.iteration[1].duration (line 19): expected a time above 0 s",
        ),
        (
            "        - name: all-reduce\n",
            "        - title: all-reduce\n",
            "jobs[0].program.iteration[1].title (line 18): unknown key 'title'",
        ),
        (
            'power: "600 W"',
            'power: "600 W"\n          power: "600 W"',
            "(line 21): key 'power' twice: first on line 20, again on line 21",
        ),
        ('dt: "1 ms"', 'dt: "5 ms"', "time.dt (line 30): dt 5 ms is too coarse"),
        ("accelerators: 400", "accelerators: 4000", "jobs[0].accelerators (line 10): 4000 acc"),
        ('every: "100 iterations"', 'evry: "1"', "checkpoint.evry (line 24): unknown key 'evry'"),
        ('          duration: "0.5 s"\n', "", "iteration[0].duration (line 14): missing"),
        ("rack: gb200-nvl72, racks: 2", "rack: gb300, racks: 2", "site.halls[1].rack (line 6):"),
        ("name: small\n", "name: small: big\n", "(line 2): not valid YAML: mapping values are"),
        (
            "name: small\n",
            "name: !!python/object x\n",
            "(line 2): cannot read a value with",
        ),
        ("name: small\n", "? [a, b]\n: 1\nname: small\n", "(line 2): expected a text as key"),
        ("name: small\n", "name: &a [*a]\n", "(line 2): an alias that contains itself"),
        (
            "name: small\n",
            "name: small\n--- \nb: 1\n",
            "YAML: but found another document",
        ),
    ],
)
def test_message_names_path_and_line(
    tmp_path: Path, text: str, old: str, new: str, message: str
) -> None:
    assert old in text
    found = _refused(tmp_path / "s.yaml", text.replace(old, new))
    assert message in found
    assert found.startswith(str(tmp_path / "s.yaml"))


def test_unreadable_files(tmp_path: Path) -> None:
    assert "the file is empty" in _refused(tmp_path / "empty.yaml", "# nothing\n")
    assert "not a text file in UTF-8" in _refused(tmp_path / "binary.yaml", b"\xff\xfe\x00")
    assert "expected a mapping with keys powermodel" in _refused(tmp_path / "l.yaml", "- 1\n")
    with pytest.raises(ScenarioError, match="No such file") as missing:
        Scenario.load(tmp_path / "missing.yaml")
    assert "colossus2-phase1" in str(missing.value)
    with pytest.raises(ScenarioError, match="Is a directory"):
        Scenario.load(tmp_path)


def test_unknown_name_lists_the_shipped() -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.load("colossus2-phase2")
    assert "no shipped scenario 'colossus2-phase2'; shipped: colossus2-1gw" in str(caught.value)
    assert "did you mean 'colossus2-phase1'?" in str(caught.value)


def test_yaml_has_no_surprises() -> None:
    document = reading.read("{a: no, b: 1:30, c: 2026-01-01, d: 1e3, e: ~, f: 0x1F, g: 010}")
    assert document.data == {
        "a": "no",
        "b": "1:30",
        "c": "2026-01-01",
        "d": 1000.0,
        "e": None,
        "f": "0x1F",
        "g": 10,
    }


plain_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@settings(deadline=None)
@given(st.dictionaries(st.text(), plain_data, min_size=1))
def test_what_is_written_reads_the_same(data: dict[str, object]) -> None:
    assert reading.read(reading.write(data)).data == data


@pytest.mark.parametrize("name", shipped())
def test_shipped_scenarios_round_trip(name: str) -> None:
    scenario = Scenario.load(name)
    assert scenario.name == name
    assert len(scenario.description) > 40
    assert Scenario.from_yaml(scenario.to_yaml()) == scenario
    assert Scenario.from_dict(json.loads(json.dumps(scenario.to_dict()))) == scenario


def test_shipped_sizes() -> None:
    phase1, full, llama = (
        Scenario.load(n) for n in ("colossus2-phase1", "colossus2-1gw", "h100-16k-llama3")
    )
    assert (phase1.jobs[0].accelerators, phase1.site.racks) == (110_000, 1528)
    assert sum(job.accelerators for job in full.jobs) == 550_000
    assert full.nameplate_w() > 1e9
    assert (llama.jobs[0].accelerators, llama.site.racks) == (16_384, 512)
    for scenario in (phase1, full, llama):
        assert sum(p.accelerators for p in scenario.placements) <= scenario.site.accelerators


def test_a_readable_file_must_say_where_its_shipped_ones_are():
    class Recipe(Readable):
        refusal = ScenarioError

    with pytest.raises(TypeError, match="abstract"):
        Recipe()
