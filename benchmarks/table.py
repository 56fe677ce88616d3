# SPDX-License-Identifier: Apache-2.0
"""Print the results of a benchmark run as a table, and plot cost against size beside the file.

python benchmarks/table.py out/bench.json
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

Row = dict[str, Any]
_WIDTH = 160
_STEPS = "accelerator_steps_per_s"


def rows_of(document: dict[str, Any]) -> dict[str, dict[str, Row]]:
    """Return the figures of every row, by group and name of the row."""
    groups: dict[str, dict[str, Row]] = {}
    for entry in document["benchmarks"]:
        row = {**entry["extra_info"], "median_s": entry["stats"]["median"]}
        row["rounds"] = entry["stats"]["rounds"]
        name = row.get("row", entry["name"])
        groups.setdefault(entry["group"] or "other", {})[name] = row
    for rows in groups.values():
        for row in rows.values():
            other = rows.get(row.get("ratio_to", ""))
            if other is not None:
                row["ratio"] = other["median_s"] / row["median_s"]
    return groups


def machine(document: dict[str, Any]) -> str:
    """Describe the machine, the code and how busy the machine was."""
    info, commit = document["machine_info"], document.get("commit_info", {})
    changed = " with changes" if commit.get("dirty") else ""
    cpu = info.get("cpu", {})
    words = [
        cpu.get("brand_raw", "unknown processor"),
        f"{info.get('cores', cpu.get('count', '?'))} cores used",
        f"{info['system']} {info['machine']}",
        f"Python {info['python_version']}",
        f"commit {commit.get('id', 'unknown')[:10]}{changed}",
    ]
    if "load_before" in info:
        words.append(f"load {info['load_before']:.1f} before")
    return ", ".join(words)


def verdict(bar: dict[str, Any], row: Row) -> str:
    """Say whether a row meets a bar of the project."""
    figure, floor, ceiling = bar["figure"], bar["at_least"], bar["at_most"]
    sign, limit = (">=", floor) if floor is not None else ("<=", ceiling)
    wanted = f"{figure.removesuffix('_s').replace('_', ' ')} {sign} {_words(figure, limit)}"
    value = row.get(figure)
    if value is None:
        return f"{wanted}: not measured"
    short = 1.0 - value / limit if floor is not None else value / limit - 1.0
    return f"{wanted}: met" if short <= 0.0 else f"{wanted}: missed by {100.0 * short:.0f} %"


def _words(figure: str, value: float) -> str:
    """Return a figure with its unit."""
    if figure.endswith("_bytes"):
        return _bytes(value)
    if figure.endswith("_s"):
        return _seconds(value)
    return f"{value:.3g}"


def _seconds(value: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value * 1e9:.3g} ns"


def _bytes(value: float) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= size:
            return f"{value / size:.3g} {unit}"
    return f"{value:.0f} B"


def ratio(row: Row) -> str:
    """Say how many times as fast a row is as what it is compared with."""
    known = {
        "ratio": row.get("ratio_to"),
        "ratio_to_c_lane_by_lane": "C, lane by lane",
        "ratio_to_c_lanes_together": "C, lanes together",
    }
    return "\n".join(f"{row[name]:.2f} x {other}" for name, other in known.items() if name in row)


def more(row: Row) -> str:
    """Return the figures that have no column of their own."""
    parts = [
        f"{row[f'ns_per_{name}_per_core']:.1f} ns/{name}/core"
        for name in ("event", "change")
        if f"ns_per_{name}_per_core" in row
    ]
    if "cores_s" in row:
        parts.append(f"{_seconds(row['cores_s'])} of cores")
    if "bytes_per_s" in row:
        parts.append(f"{_bytes(row['bytes_per_s'])}/s")
    for name, words in (("bytes_on_disk", "on disk"), ("peak_rss_bytes", "resident")):
        if name in row:
            parts.append(f"{_bytes(row[name])} {words}")
    return ", ".join([*parts, *([row["remark"]] if "remark" in row else [])])


def cells(name: str, row: Row) -> dict[str, str]:
    """Return a row as words, by the title of the column."""
    return {
        "row": name,
        "median": _seconds(row["median_s"]),
        "acc-steps/s": f"{row[_STEPS]:.2e}" if _STEPS in row else "",
        "x real time": f"{row['times_real_time']:.3g}" if "times_real_time" in row else "",
        "times as fast as": ratio(row),
        "more": more(row),
        "bar of the project": "\n".join(verdict(bar, row) for bar in row.get("bars", ())),
    }


def table_of(group: str, rows: dict[str, Row]) -> Table:
    """Return one group as a table, without the columns that say nothing in it."""
    found = [cells(name, row) for name, row in rows.items()]
    table = Table(title=group, title_justify="left", title_style="bold", box=SIMPLE)
    titles = [title for title in found[0] if any(row[title] for row in found)]
    for title in titles:
        number = title in ("median", "acc-steps/s", "x real time")
        table.add_column(title, justify="right" if number else "left", no_wrap=number)
    for row in found:
        table.add_row(*(row[title] for title in titles))
    return table


def tally(groups: dict[str, dict[str, Row]]) -> str:
    """Count the bars that are met and name the rows of those that are not."""
    said = [
        (name, verdict(bar, row))
        for rows in groups.values()
        for name, row in rows.items()
        for bar in row.get("bars", ())
    ]
    short = [f"{name}: {words}" for name, words in said if not words.endswith(": met")]
    return "\n".join([f"{len(said) - len(short)} of {len(said)} bars met", *short])


def plot(groups: dict[str, dict[str, Row]], path: Path, title: str) -> bool:
    """Plot cost against size where there is a scaling; return whether there was one."""
    curves: dict[str, list[tuple[float, float]]] = {}
    for rows in groups.values():
        for row in rows.values():
            if "scaling" in row:
                cost = row["median_s"] / row["simulated_s"]
                curves.setdefault(row["scaling"], []).append((row["size"], cost))
    if not curves:
        return False
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4.2 * len(curves), 4.2), layout="constrained")
    for place, (axis, points) in enumerate(curves.items(), start=1):
        points.sort()
        size, cost = zip(*points, strict=True)
        axes = figure.add_subplot(1, len(curves), place)
        axes.loglog(size, cost, "o-", color="#1f5fa8", label="measured")
        slope = -1.0 if axis == "dt" else 1.0
        line = [cost[-1] * (x / size[-1]) ** slope for x in size]
        axes.loglog(size, line, ":", color="0.5", label="in proportion to the work")
        axes.set_xticks(size, [f"{x:,g}" for x in size])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("dt [ms]" if axis == "dt" else axis)
        axes.set_ylabel("seconds per simulated second")
        axes.grid(which="both", color="0.9")
        axes.legend(frameon=False)
    figure.suptitle(title, fontsize="small")
    figure.savefig(path, dpi=120)
    return True


def main(arguments: list[str] | None = None) -> int:
    """Print the table and write the plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path, help="what --benchmark-json wrote")
    path = parser.parse_args(arguments).results
    try:
        document = json.loads(path.read_text())
        groups = rows_of(document)
    except OSError as error:
        print(f"cannot read {path}: {error.strerror}; run make bench first", file=sys.stderr)
        return 2
    except (ValueError, KeyError, TypeError):
        print(f"{path} is not what pytest --benchmark-json writes", file=sys.stderr)
        return 2
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(machine(document), highlight=False)
    for group, rows in groups.items():
        console.print(table_of(group, rows))
    console.print(tally(groups), highlight=False)
    picture = path.with_suffix(".png")
    if plot(groups, picture, machine(document)):
        console.print(f"cost against size: {picture}", highlight=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
