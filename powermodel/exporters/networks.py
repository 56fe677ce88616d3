# SPDX-License-Identifier: Apache-2.0
"""Open network tools in Python and beside it: pandapower, PyPSA, GridLAB-D, OpenG2G."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import numpy as np

from powermodel.exporters.columns import read_columns, write_columns, write_text
from powermodel.exporters.energy import interval_means
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.pscad import MEGA
from powermodel.exporters.psse import check_series_csv, write_series_csv
from powermodel.exporters.series import TICKS_PER_S, PlannerSeries

_PANDAPOWER = '''\
"""Play {csv} into a pandapower net as one load: quasi-static, tens of steps a second."""
import pandas as pd
from pandapower.control import ConstControl
from pandapower.timeseries import DFData


def add_to(net, bus, name="{name}"):
    """Add the load at `bus` and its controllers; returns the time steps to run."""
    import pandapower as pp

    table = pd.read_csv("{csv}")
    load = pp.create_load(net, bus, p_mw=table["P_MW"][0], q_mvar=table["Q_Mvar"][0], name=name)
    data = DFData(table)
    for variable, column in (("p_mw", "P_MW"), ("q_mvar", "Q_Mvar")):
        ConstControl(net, element="load", variable=variable, element_index=[load],
                     data_source=data, profile_name=[column])
    return list(table.index)
'''


def write_pandapower(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the series and a module that adds it to a net."""
    path = write_series_csv(series, folder / f"{series.name}_pandapower.csv")
    script = _PANDAPOWER.format(csv=path.name, name=series.name)
    return [path, write_text(folder / f"{series.name}_pandapower.py", script)]


_PYPSA_INTERVALS_S = (3600, 900, 60, 1)


def write_pypsa(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write a folder that PyPSA imports: a bus, a load, snapshots of means with their lengths."""
    interval_s = next((s for s in _PYPSA_INTERVALS_S if s <= series.duration_s), None)
    if interval_s is None:
        raise ExportError(
            f"the record of {series.duration_s:g} s is shorter than the shortest snapshot, 1 s",
            where="duration",
            hint="run for longer",
        )
    means, lengths = interval_means(series, interval_s * TICKS_PER_S)
    start = series.basis.start_utc
    times = [
        f"{start + timedelta(seconds=place * interval_s):%Y-%m-%d %H:%M:%S}"
        for place in range(means.size)
    ]
    target = folder / f"{series.name}_pypsa"
    target.mkdir(exist_ok=True)
    hours = [repr(length / 3600) for length in lengths.tolist()]
    snapshots = ["snapshot,objective,stores,generators"]
    snapshots += [f"{time},{h},{h},{h}" for time, h in zip(times, hours, strict=True)]
    loads = [f"snapshot,{series.name}"]
    loads += [f"{time},{mw!r}" for time, mw in zip(times, (means / MEGA).tolist(), strict=True)]
    kilovolts = (series.basis.voltage_v or 0.0) / 1e3
    files = {
        "snapshots.csv": snapshots,
        "buses.csv": ["name,v_nom", f"poi,{kilovolts:g}"],
        "loads.csv": ["name,bus", f"{series.name},poi"],
        "loads-p_set.csv": loads,
    }
    return [write_text(target / name, "\n".join(rows) + "\n") for name, rows in files.items()]


def check_pypsa(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Compare the energy of the snapshots with that of the series."""
    snapshots, loads = paths[0], paths[3]
    with snapshots.open(newline="", encoding="utf-8") as file:
        hours = [float(row["objective"]) for row in csv.DictReader(file)]
    with loads.open(newline="", encoding="utf-8") as file:
        means = [float(row[series.name]) for row in csv.DictReader(file)]
    expected = series.energy_j / 3.6e9
    error = abs(float(np.dot(hours, means)) - expected)
    return [Check(loads.name, "energy", error, max(1e-6, 1e-9 * abs(expected)), "MWh")]


_GLM = """\
// UNVERIFIED: not run against GridLAB-D. {player} holds the complex power of one phase in VA, means
// of 1 s, load positive; the total at the POI is three times that.
module tape;
module powerflow;
object load {{
  name {name};
  phases ABC;
  nominal_voltage {volts:g};
{players}}}
"""
_PLAYER = '  object player {{ property constant_power_{phase}; file "{player}"; }};\n'


def write_gridlabd(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write a player of 1 s means and a load that plays it on three phases."""
    if series.duration_s < 1:
        raise ExportError(
            f"the record of {series.duration_s:g} s is shorter than GridLAB-D's step of 1 s",
            where="duration",
            hint="run for longer",
        )
    means, _ = interval_means(series, TICKS_PER_S)
    ratio = series.basis.reactive_ratio or 0.0
    start = series.basis.start_utc
    player = folder / f"{series.name}.player"
    rows = []
    for second, value in enumerate((means / 3).tolist()):
        when = start + timedelta(seconds=second)
        rows.append(f"{when:%Y-%m-%d %H:%M:%S} UTC,{value:.6f}{value * ratio:+.6f}j")
    write_text(player, "\n".join(rows) + "\n")
    voltage_v = series.basis.voltage_v
    assert voltage_v is not None
    players = "".join(_PLAYER.format(phase=phase, player=player.name) for phase in "ABC")
    model = _GLM.format(
        name=series.name, volts=voltage_v / np.sqrt(3), player=player.name, players=players
    )
    return [player, write_text(folder / f"{series.name}.glm", model)]


def check_gridlabd(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the player back."""
    player = paths[0]
    lines = player.read_text(encoding="utf-8").splitlines()
    found = [3 * complex(line.split(",")[1]).real for line in lines]
    means, _ = interval_means(series, TICKS_PER_S)
    return [compared(player, "P, means of 1 s", found, means, 1e-5, "W")]


def write_openg2g(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the trace of one accelerator: power at the POI over their number."""
    count = series.basis.accelerators
    assert count is not None
    path = folder / f"{series.name}_openg2g.csv"
    columns = [series.time_s, series.power_w / count]
    return [write_columns(path, columns, head="t_s,power_W\n")]


def check_openg2g(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the trace back."""
    (path,) = paths
    time_s, found = read_columns(path, skip=1)
    count = series.basis.accelerators or 1
    return [
        compared(path, "time", time_s, series.time_s, 0.0, "s"),
        compared(path, "P of one accelerator", found, series.power_w / count, 0.0, "W"),
    ]


EXPORTERS = (
    Exporter("pandapower", "pandapower: CSV and controllers, quasi-static", write_pandapower,
             check_series_csv),
    Exporter("pypsa", "PyPSA: CSV folder of means", write_pypsa, check_pypsa,
             needs=("start", "voltage_v"), instant=False),
    Exporter("gridlabd", "GridLAB-D: player of 1 s means and a load", write_gridlabd,
             check_gridlabd, needs=("start", "voltage_v"), instant=False,
             unverified="grammar from the public wiki, not run against GridLAB-D"),
    Exporter("openg2g", "OpenG2G: trace of one accelerator", write_openg2g, check_openg2g,
             needs=("accelerators",)),
)  # fmt: skip
