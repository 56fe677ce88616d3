# SPDX-License-Identifier: Apache-2.0
"""``powermodel datasets``: kinds, records, values with their origin."""

from __future__ import annotations

import json

import pytest

from powermodel_datasets import kinds, load, names


def test_kinds_with_their_records(cli):
    assert json.loads(cli("datasets", "--json").out) == {kind: names(kind) for kind in kinds()}
    lines = cli("datasets").out.splitlines()[2:]
    assert [line.split()[:2] for line in lines] == [[k, str(len(names(k)))] for k in kinds()]


@pytest.mark.parametrize("kind", kinds())
def test_records_of_a_kind_with_their_titles(cli, kind):
    titles = {name: load(kind, name).title for name in names(kind)}
    assert json.loads(cli("datasets", kind, "--json").out) == titles
    out = cli("datasets", kind).out
    assert all(title in out for title in titles.values())


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("accelerator", "gb200"),
        ("rack", "gb200-nvl72"),
        ("site", "colossus2-phase1-2025-07"),
        ("published", "arxiv-2508.14318"),
    ],
)
def test_a_record_with_the_origin_of_each_value(cli, kind, name):
    record = load(kind, name)
    found = json.loads(cli("datasets", kind, name, "--json").out)
    assert found["title"] == record.title
    assert list(found["values"]) == list(record)
    for field, value in record.items():
        shown = found["values"][field]
        assert (shown["value"], shown["unit"]) == (value.value, value.unit)
        assert (shown["source"], shown["date"]) == (value.source, value.date)
        assert shown["confidence"] == value.confidence

    out = cli("datasets", kind, name).out
    table, _, legend = out.partition("\nsources\n")
    for field, value in record.items():
        row = next(line for line in table.splitlines() if line.startswith(f"{field} "))
        assert value.stated in row
        assert value.date in row
        number = row.split("[")[1].split("]")[0]
        assert f"[{number}]  {value.source}" in legend
    assert "confidence" in legend


def test_a_record_that_depends_on_another_names_it(cli):
    assert "accelerator: gb200" in cli("datasets", "rack", "gb200-nvl72").out.splitlines()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["acelerator"], "unknown kind of record 'acelerator'; did you mean 'accelerator'?"),
        (["accelerator", "gb2000"], "unknown accelerator 'gb2000'; did you mean 'gb200'"),
    ],
)
def test_what_is_not_there_names_what_is(cli, words, says):
    answer = cli("datasets", *words)
    assert answer.status == 2
    assert says in answer.err
    assert "there are: " in answer.err
