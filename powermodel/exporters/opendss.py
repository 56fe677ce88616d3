# SPDX-License-Identifier: Apache-2.0
"""OpenDSS: a LoadShape of doubles in kW and kvar, and the snippet that plays it in duty mode."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from powermodel.exporters.columns import write_text
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.series import PlannerSeries

_SNIPPET = """\
! {name}: power at the point of interconnection, load positive, in kW{reactive}.
! Point k of the shape acts at t = k dt: the first sample acts at dt, not at 0.
! Duty mode only: dynamics mode silently ignores the duty shape.
New LoadShape.{name} npts={npts} sinterval={dt} mult=(dblfile={p}) qmult=(dblfile={q}) UseActual=yes
! vminpu and vmaxpu are wide, or the load would turn into an impedance.
New Load.{name} bus1=poi phases=3 kV={kv:g} kW={kw!r} kvar={kvar!r} model=1 vminpu=0.5 vmaxpu=1.5 \
duty={name}
! The default tolerance of 1e-4 would leave 0.07 MW in 700.
Set tolerance=0.000001 maxiterations=50
Set mode=duty stepsize={dt}s number={npts}
"""


def write_opendss(series: PlannerSeries, folder: Path) -> list[Path]:
    """Write two files of little-endian doubles and the snippet.

    Raises
    ------
    ExportError
        If another solution mode than duty is asked for.
    """
    mode = series.basis.opendss_mode
    if mode != "duty":
        raise ExportError(
            f"OpenDSS plays a duty shape in duty mode alone, got {mode!r}",
            where="opendss_mode",
            hint="dynamics mode would silently keep the nominal power: leave out --opendss-mode",
        )
    p, q = folder / f"{series.name}_p_kw.dbl", folder / f"{series.name}_q_kvar.dbl"
    active, reactive = series.power_w / 1e3, series.reactive_or_zero() / 1e3
    p.write_bytes(active.astype("<f8").tobytes())
    q.write_bytes(reactive.astype("<f8").tobytes())
    voltage_v = series.basis.voltage_v
    assert voltage_v is not None
    text = _SNIPPET.format(
        name=series.name,
        npts=series.samples,
        dt=f"{series.dt_s:.9f}".rstrip("0"),
        p=p.name,
        q=q.name,
        kv=voltage_v / 1e3,
        kw=float(active[0]),
        kvar=float(reactive[0]),
        reactive="" if series.reactive_var is not None else "; reactive power was not modeled: 0",
    )
    return [p, q, write_text(folder / f"{series.name}.dss", text)]


def check_opendss(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the doubles back."""
    p, q, _ = paths
    sources = (series.power_w / 1e3, series.reactive_or_zero() / 1e3)
    return [
        compared(path, label, np.fromfile(path, "<f8"), source, 0.0, unit)
        for path, label, source, unit in zip(
            (p, q), ("P", "Q"), sources, ("kW", "kvar"), strict=True
        )
    ]


EXPORTERS = (
    Exporter(
        "opendss",
        "OpenDSS LoadShape for duty mode, with a snippet",
        write_opendss,
        check_opendss,
        needs=("voltage_v",),
    ),
)
