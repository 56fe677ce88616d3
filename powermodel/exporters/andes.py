# SPDX-License-Identifier: Apache-2.0
"""ANDES: the series and a script with the hook that changes one load at every step.

ANDES is a program of its own (GPL-3.0); the script imports it where the user runs it.
"""

from __future__ import annotations

from pathlib import Path

from powermodel.exporters.columns import write_text
from powermodel.exporters.exporter import Check, Exporter
from powermodel.exporters.psse import check_series_csv, write_series_csv
from powermodel.exporters.series import PlannerSeries

_SCRIPT = '''\
"""Play {csv} into an ANDES case as one load at BUS; run with ANDES 2.0 installed.

The load is a PQ and a ZIP of constant power of its own, so that no other load changes its nature.
Generators share its mean in proportion to what they give; shipped disturbances (Toggle) are off.
"""
import sys

import andes
import numpy as np

BUS = 1
STEP_S = {dt}
time_s, p_mw, q_mvar = np.loadtxt("{csv}", delimiter=",", skiprows=1, unpack=True)

case = sys.argv[1] if len(sys.argv) > 1 else andes.get_case("kundur/kundur_full.xlsx")
ss = andes.load(case, setup=False, default_config=True, no_output=True)
if abs(ss.config.freq - {mains:g}) > 1e-6:
    sys.exit(f"the case runs at {{ss.config.freq:g}} Hz, the series is for {mains:g} Hz")
base = ss.config.mva{base}
if BUS not in ss.Bus.idx.v:
    sys.exit(f"the case has no bus {{BUS!r}}; it has {{list(ss.Bus.idx.v)[:12]}} and more")
vn = ss.Bus.get("Vn", BUS)
ss.add("PQ", dict(idx="campus", bus=BUS, Vn=vn, p0=p_mw.mean() / base, q0=q_mvar.mean() / base))
ss.add("ZIP", dict(idx="campus_zip", pq="campus", kpp=100, kpi=0, kpz=0, kqp=100, kqi=0, kqz=0))
share = 1 + p_mw.mean() / base / (sum(ss.PV.p0.v) + sum(ss.Slack.p0.v))
ss.PV.p0.v[:] = [p * share for p in ss.PV.p0.v]
ss.setup()
for device in range(ss.Toggle.n):
    ss.Toggle.u.v[device] = 0
if not ss.PFlow.run():
    sys.exit("no power flow with this load at this bus: choose a stronger bus or a larger case")
ss.TDS.config.fixt = 1
ss.TDS.config.shrinkt = 0
ss.TDS.config.tstep = STEP_S
# An end half a step past the grid: on the grid the last step may shrink to zero.
ss.TDS.config.tf = time_s[-1] + STEP_S / 2
place = ss.ZIP.idx2uid("campus_zip")


def play(t, system):
    """Set the load; called once per step with the time of the step's end."""
    at = min(int(round(t / STEP_S)), len(time_s) - 1)
    system.ZIP.pp0.v[place] = p_mw[at] / base
    system.ZIP.qp0.v[place] = q_mvar[at] / base


ss.TDS.callpert = play
ok = ss.TDS.run()
print("finished" if ok else "did not finish", ss.dae.t)
'''


_BASE = """
if abs(base - {mva:g}) > 1e-6:
    sys.exit(f"the case has a base of {{base:g}} MVA, the series was made for {mva:g} MVA")"""


def write_andes(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write the series and the script."""
    path = write_series_csv(series, folder / f"{series.name}_andes.csv")
    base_va = series.basis.base_va
    base = "" if base_va is None else _BASE.format(mva=base_va / 1e6)
    script = _SCRIPT.format(
        csv=path.name, dt=repr(series.dt_s), mains=series.basis.mains_hz, base=base
    )
    return [path, write_text(folder / f"{series.name}_andes.py", script)]


def check_andes(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the series back, and compile the script."""
    compile(paths[1].read_text(encoding="utf-8"), str(paths[1]), "exec")
    return check_series_csv(series, paths)


EXPORTERS = (
    Exporter(
        "andes",
        "ANDES 2.0 script with the series (phasor dynamics)",
        write_andes,
        check_andes,
        needs=("mains_hz",),
    ),
)
