# SPDX-License-Identifier: Apache-2.0
"""PSS/E: V and f behind a generator as PLBVFU1, or P and Q as a series with a driver script."""

from __future__ import annotations

from pathlib import Path

from powermodel.exporters.columns import read_columns, write_columns, write_text
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.pscad import MEGA, file_columns
from powermodel.exporters.series import PlannerSeries

_DRIVER = '''\
"""Play {csv} into a PSS/E dynamics run: P and Q of one load, set at every step.

UNVERIFIED: written from the public description of the psspy interface, not run against PSS/E.
PSS/E has no play-in of P and Q; this changes the load between short runs. Set BUS and ID.
"""
import csv

import psspy

BUS, ID = 0, "1"

with open("{csv}", newline="") as file:
    rows = csv.reader(file)
    next(rows)
    for time_s, p_mw, q_mvar in rows:
        psspy.run(0, float(time_s), 0, 0, 0)
        psspy.load_chng_6(BUS, ID, realar1=float(p_mw), realar2=float(q_mvar))
'''
_DYR = "{bus}, 'USRMDL', '1', 'PLBVFU1', 1, 1, 3, 4, 3, 6, 1, 1, '{plb}', 1.0, 1.0, 0.0, 0.0 /\n"


def write_plb(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the play-back file ``t, V, f`` and its DYR record (bus 0: to be set).

    Raises
    ------
    ExportError
        If there is no voltage and frequency: PLBVFU1 plays nothing else.
    """
    if series.voltage_pu is None or series.frequency_hz is None:
        have = ", ".join(name for name, _, _ in series.columns())
        raise ExportError(
            f"PLBVFU1 plays V and f behind a generator and cannot play P and Q; the series has"
            f" {have}",
            where="psse-plb",
            hint="use --format psse (series and driver), or simulate the grid first",
        )
    plb = folder / f"{series.name}.plb"
    write_columns(plb, [series.time_s, series.voltage_pu, series.frequency_hz])
    return [plb, write_text(folder / f"{series.name}.dyr", _DYR.format(bus=0, plb=plb.name))]


def check_plb(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the play-back file back."""
    plb, _ = paths
    found = read_columns(plb)
    sources = (series.time_s, series.voltage_pu, series.frequency_hz)
    return [
        compared(plb, what, values, source, 0.0, unit)
        for what, unit, values, source in zip(
            ("time", "V", "f"), ("s", "pu", "Hz"), found, sources, strict=True
        )
        if source is not None
    ]


def write_series_csv(series: PlannerSeries, path: Path) -> Path:
    """Write time, P and Q with a line of titles."""
    columns = [series.time_s, series.power_w / MEGA, series.reactive_or_zero() / MEGA]
    return write_columns(path, columns, head="time_s,P_MW,Q_Mvar\n")


def check_series_csv(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read time, P and Q back."""
    path = paths[0]
    found = read_columns(path, skip=1)
    sources = (series.time_s, series.power_w / MEGA, series.reactive_or_zero() / MEGA)
    return [
        compared(path, what, values, source, 0.0, unit)
        for what, unit, values, source in zip(
            ("time", "P", "Q"), ("s", "MW", "Mvar"), found, sources, strict=True
        )
    ]


def write_psse(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the series and the driver."""
    path = write_series_csv(series, folder / f"{series.name}_psse.csv")
    driver = _DRIVER.format(csv=path.name)
    return [path, write_text(folder / f"{series.name}_psse_driver.py", driver)]


_PSLF_NOTE = """\
UNVERIFIED. {csv} holds time [s], P [MW] and Q [Mvar] of a load, positive when drawn.
PSLF has play-in models (GE application note 10-3); their grammar was not available to the authors.
Read the columns with an EPCL script or the play-in model of your version.
"""


def write_pslf(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the series and what to do with it."""
    path = write_series_csv(series, folder / f"{series.name}_pslf.csv")
    return [path, write_text(folder / f"{series.name}_pslf.txt", _PSLF_NOTE.format(csv=path.name))]


_POWERWORLD_NOTE = """\
UNVERIFIED. PowerWorld plays Pmech (PlayInGov), V and f (PlayInGen), not P and Q of a load.
{csv} holds time [s] and the mechanical power [MW] of a generator: minus the load at the POI.
Model the site as a generator at the POI with PlayInGov and read the columns as its signal; the
names of the auxiliary file's objects were not available to the authors.
"""


def write_powerworld(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the power of a negative generator for PlayInGov."""
    path = folder / f"{series.name}_powerworld.csv"
    write_columns(path, [series.time_s, -series.power_w / MEGA], head="time_s,Pmech_MW\n")
    note = _POWERWORLD_NOTE.format(csv=path.name)
    return [path, write_text(folder / f"{series.name}_powerworld.txt", note)]


def check_powerworld(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the series back."""
    path = paths[0]
    time_s, found = read_columns(path, skip=1)
    return [
        compared(path, "time", time_s, series.time_s, 0.0, "s"),
        compared(path, "Pmech", found, -series.power_w / MEGA, 0.0, "MW"),
    ]


def refuse_powerworld_load(series: PlannerSeries, _folder: Path) -> list[Path]:
    """Refuse what PowerWorld does not have."""
    have = ", ".join(title for title, _ in file_columns(series))
    raise ExportError(
        f"PowerWorld has no play-in of P and Q of a load; asked to play {have}",
        where="powerworld-load",
        hint="use --format powerworld: a negative generator with PlayInGov",
    )


_UNRUN = "written from public descriptions, not run against the tool"

EXPORTERS = (
    Exporter(
        "psse", "PSS/E series with a Python driver", write_psse, check_series_csv, unverified=_UNRUN
    ),
    Exporter("psse-plb", "PSS/E PLBVFU1 play-back of V and f, with DYR", write_plb, check_plb,
             unverified=_UNRUN),
    Exporter("pslf", "PSLF series with instructions", write_pslf, check_series_csv,
             unverified=_UNRUN),
    Exporter("powerworld", "PowerWorld PlayInGov of a negative generator", write_powerworld,
             check_powerworld, unverified=_UNRUN),
    Exporter("powerworld-load", "PowerWorld play-in of a load: refused, there is none",
             refuse_powerworld_load, check_series_csv, unverified=_UNRUN),
)  # fmt: skip
