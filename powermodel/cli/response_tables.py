# SPDX-License-Identifier: Apache-2.0
"""What ``powermodel response`` prints: the site's lines, the grid's modes, the play, the cases."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.cli.response_options import SCREEN
from powermodel.cli.terminal import print_json, print_note, print_table

if TYPE_CHECKING:
    from powermodel.response import GridResponse
    from powermodel.response.play import PlayIn
    from powermodel.response.score import Score

_MODES_SHOWN = 6
_MACHINES_SHOWN = 5
_MHZ_PER_MW = 1e9


def print_score(found: Score, grid: GridResponse) -> None:
    """Print what a run does to a grid: the band, the site's lines, the grid's modes."""
    print(f"{grid.label}: {found.rms_hz * 1e3:.4g} mHz rms ({found.machine}), ", end="")
    print(f"{found.center_rms_hz * 1e3:.4g} mHz of the center of inertia\n")
    lines = [
        (
            f"{line.frequency_hz:.4g} Hz",
            f"{line.amplitude_w / 1e6:.4g} MW",
            f"{line.gain_hz_w * _MHZ_PER_MW:.4g} mHz/MW",
            f"{line.deviation_hz * 1e3:.4g} mHz",
            line.machine,
        )
        for line in found.lines
    ]
    titles = ("line of the site", "amplitude", "gain", "answer", "machine")
    print_table(lines, header=titles, right=(0, 1, 2, 3), whole=range(5))
    print()
    hz = np.array([mode.frequency_hz for mode in grid.modes])
    gains = np.abs(grid.at(hz)).max(axis=0) * _MHZ_PER_MW
    modes = [
        (f"{mode.frequency_hz:.4g} Hz", f"{100 * mode.damping:.3g} %", f"{gain:.4g} mHz/MW")
        for mode, gain in sorted(
            zip(grid.modes, gains, strict=True), key=lambda pair: pair[0].damping
        )[:_MODES_SHOWN]
    ]
    print_table(modes, header=("mode of the grid", "damping", "gain"), right=(0, 1, 2), whole=(0,))
    if grid.screen:
        print_note("a screen of two areas, not a network: it ranks, and shows the order of size")


def print_play(play: PlayIn | None) -> None:
    """Print the extremes of a play in time."""
    if play is None:
        return
    print()
    rest = [row for row in play.rows if row.name in ("center of inertia", "tie power")]
    machines = [row for row in play.rows if row not in rest]
    rows = []
    for row in [*machines[:_MACHINES_SHOWN], *rest]:
        scale, unit = (1e3, "mHz") if row.unit == "Hz" else (1e-6, "MW")
        rows.append(
            (
                row.name,
                f"{row.lowest * scale:.4g} {unit}",
                f"{row.lowest_at_s:.6g} s",
                f"{row.highest * scale:.4g} {unit}",
                f"{row.highest_at_s:.6g} s",
                f"{row.rms * scale:.4g} {unit}",
            )
        )
    header = ("played in", "lowest", "at", "highest", "at", "rms")
    print_table(rows, header=header, right=range(1, 6), whole=range(6))
    if not play.whole:
        print_note("the run in time did not come to its end", "warning:", "bold yellow")


def play_facts(play: PlayIn | None) -> dict[str, Any] | None:
    """Return a play for JSON."""
    if play is None:
        return None
    return {
        "label": play.label,
        "whole": play.whole,
        "parameters": play.parameters,
        "rows": [asdict(row) for row in play.rows],
    }


def print_feeder(rows: list[dict[str, Any]] | None) -> None:
    """Print the voltage at the feeder's head."""
    if rows is None:
        return
    print()
    shown = [
        (row["quantity"], f"{row['value']:.6g}", "" if row["unit"] == "1" else row["unit"],
         row["definition"])
        for row in rows
    ]  # fmt: skip
    print_table(shown, header=("feeder head (OpenDSS)", "", "", ""), right=(1,), whole=(0, 1))


def list_cases(as_json: bool) -> None:
    """Print every case there is, with its modes."""
    import powermodel_datasets as facts
    from powermodel_datasets.grid_kinds import modes

    rows: list[tuple[str, str, list[tuple[float, float | None]], str]] = []
    for name in facts.names(SCREEN):
        record = facts.load(SCREEN, name)
        mode = (record["mode_frequency"].value, record["mode_damping"].value)
        rows.append((f"{SCREEN}:{name}", "built in, a screen", [mode], record.title))
    for name in facts.names("grid-case"):
        record = facts.load("grid-case", name)
        rows.append((name, "ANDES", modes(record), record.title))
    if as_json:
        print_json(
            {
                name: {"by": by, "modes_hz": [hz for hz, _ in found], "title": title}
                for name, by, found, title in rows
            }
        )
        return
    shown = [
        (name, by, ", ".join(f"{hz:g} Hz" for hz, _ in found), title)
        for name, by, found, title in rows
    ]
    print_table(shown, header=("case", "by", "modes", ""), whole=(0, 1))
