# SPDX-License-Identifier: Apache-2.0
"""Measured traces: read exactly, or refused with file, row and cure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from powermodel.errors import TraceError
from powermodel.scenario import Scenario, TraceSpec, load_trace

SPEC: dict[str, Any] = {
    "file": "node.csv",
    "time": {"column": "t", "unit": "ms"},
    "power": {"column": "p", "unit": "kW"},
    "accelerators_per_copy": 8,
    "correlation": 0.3,
}
GOOD = "t,note,p\n" + "".join(f"{100 + 50 * i},x,{1.5 + 0.25 * i}\n" for i in range(20))


def _load(folder: Path, content: str | None, **changes: Any) -> Any:
    spec = TraceSpec.model_validate(SPEC | changes)
    if content is not None:
        (folder / spec.file).write_text(content)
    return load_trace(spec, folder, tdp_w=1200.0)


def _refused(folder: Path, content: str | None, **changes: Any) -> str:
    with pytest.raises(TraceError) as caught:
        _load(folder, content, **changes)
    assert caught.value.exit_code == 2
    return str(caught.value)


def test_csv_is_read_in_si(tmp_path: Path) -> None:
    trace = _load(tmp_path, GOOD)
    np.testing.assert_allclose(trace.time_s, 0.05 * np.arange(20), rtol=1e-14)
    np.testing.assert_array_equal(trace.power_w, 1500.0 + 250.0 * np.arange(20))
    assert trace.time_s.dtype == trace.power_w.dtype == np.float64


def test_parquet_is_read_like_csv(tmp_path: Path) -> None:
    table = pa.table({"p": [1.0, 2.0, 3.0], "t": pa.array([0, 1, 2], pa.int32())})
    parquet.write_table(table, tmp_path / "node.parquet")
    trace = _load(tmp_path, None, file="node.parquet")
    np.testing.assert_array_equal(trace.power_w, [1000.0, 2000.0, 3000.0])
    np.testing.assert_array_equal(trace.time_s, [0.0, 0.001, 0.002])


def _row(number: int, line: str) -> str:
    lines = GOOD.splitlines()
    lines[number] = line
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (_row(3, "200,x,nan"), ["column 'p' has no value in row 3", "fill or cut"]),
        (_row(3, "200,x,"), ["column 'p' has no value in row 3"]),
        (_row(3, "200,x,inf"), ["column 'p' has inf in row 3"]),
        (_row(3, "200,x,high"), ["column 'p' has text in row 3", "got 'high'"]),
        (_row(3, "120,x,2"), ["column 't' has in row 3 an earlier time than the row before it"]),
        (_row(3, "150,x,2"), ["column 't' has in row 3 the same time as", "sort the rows"]),
        (
            GOOD + "2000,x,2\n",
            ["gap of 950 ms between rows 20 and 21, from 1.05 s", "median step is 50 ms"],
        ),
        (_row(3, "200,x,-0.5"), ["negative power in row 3: -500 W", "load is positive"]),
        (
            _row(3, "200,x,1500"),
            ["power in row 3 is 1.500 MW, above 3 x TDP of 8 accelerators, 28.80 kW", "in kW?"],
        ),
        ("", ["the file is empty"]),
        ("t,p\n", ["expected at least 2 rows of data, got 0"]),
        ("t,p\n1,2\n", ["expected at least 2 rows of data, got 1"]),
        ("time,p\n1,2\n2,3\n", ["no column 't'; the file has 'time', 'p'"]),
        ("t,p,p\n1,2,3\n2,3,4\n", ["column 'p' is there twice"]),
        ("t,p\n1,2\n2\n", ["cannot read the trace", "Expected 2 columns"]),
        ("t,p\n2026-01-01,2\n2026-01-02,3\n", ["column 't' holds date32", "expected numbers"]),
    ],
)
def test_bad_trace_is_refused(tmp_path: Path, content: str, parts: list[str]) -> None:
    message = _refused(tmp_path, content)
    assert message.startswith(str(tmp_path / "node.csv"))
    for part in parts:
        assert part in message


def test_nan_in_parquet_names_the_row(tmp_path: Path) -> None:
    table = pa.table({"t": [0.0, 1.0, 2.0, 3.0], "p": [1.0, float("nan"), 1.0, float("nan")]})
    parquet.write_table(table, tmp_path / "node.parquet")
    message = _refused(tmp_path, None, file="node.parquet")
    assert "column 'p' has nan in row 2 and 1 more" in message


def test_unreadable_files(tmp_path: Path) -> None:
    assert "No such file" in _refused(tmp_path, None)
    assert "expected a .csv or .parquet file" in _refused(tmp_path, GOOD, file="node.xlsx")
    assert "cannot read the trace" in _refused(tmp_path, GOOD, file="node.parquet")


def _with_trace(plain: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return the changes that turn the job of the small scenario into a replayed trace."""
    gone = {f"jobs.0.{key}": ... for key in ("program", "failures", "group_size")}
    spec = {key: value for key, value in (SPEC | changes).items() if value is not ...}
    return {**gone, "jobs.0.trace": spec}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        (
            {"correlation": ...},
            "jobs[0].trace: missing correlation: a trace is never silently multiplied",
        ),
        ({"correlation": None}, "add correlation: 0 (independent) to 1 (all copies in step)"),
        ({"correlation": 1.5}, "trace.correlation: expected a correlation from 0 to 1, got 1.5"),
        ({"time": {"column": "t", "unit": "W"}}, "trace.time: wrong unit in '1 W': expected a t"),
        ({"power": {"column": "p", "unit": "kw"}}, "did you mean 'kW'?"),
        ({"accelerators_per_copy": 7}, "7 accelerators per copy do not divide 400 accelerators"),
        ({"copies": 7}, "trace.copies: unknown key 'copies'"),
    ],
)
def test_bad_trace_spec_is_refused(
    refuse: Callable[..., str], plain: dict[str, Any], changes: dict[str, Any], part: str
) -> None:
    assert part in refuse(_with_trace(plain, **changes))


def test_what_a_trace_ignores_is_refused(refuse: Callable[..., str], plain: dict[str, Any]) -> None:
    changes = _with_trace(plain)
    del changes["jobs.0.group_size"]
    changes["jobs.0.arrivals"] = {"every": "1 h", "places": 1, "length": {"mean": "1 h"}}
    refused = refuse(changes)
    assert "jobs[0].group_size: group_size has no meaning for a trace" in refused
    assert "jobs[0].arrivals: arrivals has no meaning for a trace" in refused


def test_file_is_relative_to_the_scenario(tmp_path: Path, plain: dict[str, Any]) -> None:
    for key in ("program", "failures", "group_size"):
        del plain["jobs"][0][key]
    plain["jobs"][0]["trace"] = SPEC
    (tmp_path / "node.csv").write_text(GOOD)
    (tmp_path / "s.yaml").write_text(Scenario.from_dict(plain).to_yaml())
    scenario = Scenario.load(tmp_path / "s.yaml").set("seed", 3)
    spec = scenario.jobs[0].trace
    assert spec is not None
    trace = load_trace(spec, scenario.base, tdp_w=scenario.accelerator_of(scenario.jobs[0]).tdp_w)
    assert trace.power_w.size == 20
