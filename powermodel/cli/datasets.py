# SPDX-License-Identifier: Apache-2.0
"""``powermodel datasets``: the facts that scenarios rest on, each with its origin."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson
from powermodel.cli.terminal import print_json, print_legend, print_table

if TYPE_CHECKING:
    from powermodel_datasets import Record, Value


def datasets(
    kind: str | None = None, name: str | None = None, /, *, as_json: AsJson = False
) -> None:
    """Print the facts that scenarios rest on: kinds, records of a kind, values of a record.

    Parameters
    ----------
    kind : str
        Such as accelerator.
    name : str
        Such as gb200.
    as_json : bool
        Print JSON.
    """
    if kind is None:
        _kinds(as_json)
    elif name is None:
        _records(kind, as_json)
    else:
        _record(kind, name, as_json)


def _kinds(as_json: bool) -> None:
    from powermodel_datasets import kinds, names

    found = {kind: names(kind) for kind in kinds()}
    if as_json:
        print_json(found)
        return
    rows = [(kind, str(len(records)), ", ".join(records)) for kind, records in found.items()]
    print_table(rows, header=("kind", "records", ""), right=(1,))


def _records(kind: str, as_json: bool) -> None:
    from powermodel_datasets import load, names

    found = [load(kind, name) for name in names(kind)]
    if as_json:
        print_json({record.name: record.title for record in found})
        return
    rows = [(record.name, str(len(record)), record.title) for record in found]
    print_table(rows, header=(kind, "values", ""), right=(1,))


def _record(kind: str, name: str, as_json: bool) -> None:
    from powermodel_datasets import CONFIDENCE, load

    record = load(kind, name)
    if as_json:
        print_json(_data(record))
        return
    print(f"{record.kind} {record.name}: {record.title}")
    if record.as_of:
        print(f"as of {record.as_of}")
    for field, target in record.links.items():
        print(f"{field}: {target}")
    if record.note:
        print(" ".join(record.note.split()))
    sources = list(dict.fromkeys(value.source for value in record.values()))
    print()
    print_table(
        [_row(field, value, sources) for field, value in record.items()],
        header=("value of", "is", "", "date", "source", "note"),
        right=(1,),
        whole=(0, 1, 2, 3, 4),
    )
    print_legend("sources", [(f"[{n}]", source) for n, source in enumerate(sources, start=1)])
    used = {value.confidence for value in record.values()}
    print_legend("confidence", [pair for pair in CONFIDENCE.items() if pair[0] in used])


def _row(field: str, value: Value, sources: list[str]) -> tuple[str, ...]:
    extra = []
    if value.range is not None:
        low, high = value.range
        extra.append(f"{low:g} to {high:g} {value.unit}".removesuffix(" 1"))
    if value.tolerance is not None:
        extra.append(f"±{value.tolerance:g} {value.unit}".removesuffix(" 1"))
    if value.band is not None:
        low, high = value.band
        extra.append(f"band {low:g} to {high:g} Hz")
    note = "; ".join([*extra, " ".join(value.note.split())]).removesuffix("; ")
    number = f"[{sources.index(value.source) + 1}]"
    return field, value.stated, value.confidence, value.date, number, note


def _data(record: Record) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "name": record.name,
        "title": record.title,
        "as_of": record.as_of or None,
        "note": record.note,
        "links": dict(record.links),
        "values": {
            field: {
                key: item for key, item in dataclasses.asdict(value).items() if item is not None
            }
            for field, value in record.items()
        },
    }
