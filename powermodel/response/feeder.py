# SPDX-License-Identifier: Apache-2.0
"""The distribution side: the series through OpenDSS in duty mode, voltage at the feeder head.

Quasi-static: each sample is a power flow of its own, so that a long series is played in parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from powermodel.exporters.opendss import write_opendss
from powermodel.exporters.series import PlannerSeries
from powermodel.indicators.voltage import ShortCircuit
from powermodel.response.curve import FloatArray
from powermodel.response.errors import ResponseError

_PART = 100_000
"""Samples of one duty run: what its monitors hold stays small."""
_BUS = "poi"
_POWER_TOLERANCE_W = 50e3


@dataclass(frozen=True, slots=True, eq=False)
class FeederPlay:
    """What the feeder's head did.

    Parameters
    ----------
    voltage : ndarray
        At the head, sample by sample, per unit of nominal.
    power_w : ndarray
        What the load drew in OpenDSS [W].
    largest_error_w : float
        Largest difference from the series [W].
    dt_s : float
        Time between samples [s].
    version : str
        Of what drives OpenDSS.
    """

    voltage: FloatArray
    power_w: FloatArray
    largest_error_w: float
    dt_s: float
    version: str


def play_into_feeder(series: PlannerSeries, head: ShortCircuit) -> FeederPlay:
    """Play a series through OpenDSS in duty mode.

    Parameters
    ----------
    series : PlannerSeries
        With a nominal voltage.
    head : ShortCircuit
        The grid behind.

    Raises
    ------
    ResponseError
        If OpenDSSDirect.py is not there, a step does not converge, or the load does not draw what
        the series says.
    """
    dss = _engine()
    series.basis.need("voltage_v", by="opendss")
    if head.x_over_r == 0:
        raise ResponseError("OpenDSS needs an X/R above 0, got 0", where="x_over_r")
    voltage, power = [], []
    for part in _parts(series):
        found = _play(dss, part, head)
        voltage.append(found[0])
        power.append(found[1])
    drawn = np.concatenate(power)
    error_w = float(np.abs(drawn - series.power_w).max())
    if error_w > _POWER_TOLERANCE_W * max(1.0, float(np.abs(series.power_w).max()) / 700e6):
        raise ResponseError(
            f"the load drew up to {error_w / 1e6:.3g} MW less or more than the series",
            where="opendss",
            hint="its voltage leaves 0.5 to 1.5 per unit: check the short-circuit power",
        )
    return FeederPlay(
        np.concatenate(voltage),
        drawn,
        error_w,
        series.dt_s,
        f"OpenDSSDirect.py {version('OpenDSSDirect.py')}",
    )


def feeder_table(found: FeederPlay) -> list[dict[str, Any]]:
    """Return the voltage at the feeder's head as rows: quantity, value, unit, definition."""
    volts = found.voltage
    second = max(round(1.0 / found.dt_s), 1)
    rows = [
        ("lowest voltage", float(volts.min()), "1", "smallest sample, per unit of nominal"),
        ("mean voltage", float(volts.mean()), "1", "mean of the samples, per unit of nominal"),
        ("highest voltage", float(volts.max()), "1", "largest sample, per unit of nominal"),
        ("largest swing", _swing(volts, second), "1", "maximum minus minimum within 1 s"),
        ("error of the power", found.largest_error_w, "W", "OpenDSS's load less the series"),
    ]
    names = ("quantity", "value", "unit", "definition")
    return [dict(zip(names, row, strict=True)) | {"tool": found.version} for row in rows]


def _swing(values: FloatArray, window: int) -> float:
    """Return the largest maximum minus minimum of so many samples and one more."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    size = min(window + 1, values.size)
    spread = maximum_filter1d(values, size) - minimum_filter1d(values, size)
    return float(spread.max())


def _engine() -> Any:
    try:
        opendssdirect = import_module("opendssdirect")
    except ImportError:
        raise ResponseError(
            "OpenDSSDirect.py is not installed",
            where="opendss",
            hint="pip install 'powermodel[planner]'",
        ) from None
    # A context of its own: a circuit that the caller has open stays as it is.
    return opendssdirect.dss.NewContext()


def _parts(series: PlannerSeries) -> Iterator[PlannerSeries]:
    """Cut a series into parts of about equal length: a series has two samples at least."""
    count = -(-series.samples // _PART)
    edges = [series.samples * k // count for k in range(count + 1)]
    for part in (slice(*pair) for pair in pairwise(edges)):
        yield replace(
            series,
            power_w=series.power_w[part],
            reactive_var=None if series.reactive_var is None else series.reactive_var[part],
            voltage_pu=None,
            frequency_hz=None,
        )


def _play(dss: Any, series: PlannerSeries, head: ShortCircuit) -> tuple[FloatArray, FloatArray]:
    voltage_v = series.basis.voltage_v
    assert voltage_v is not None
    mva = head.short_circuit_va / 1e6
    dss.Basic.AllowForms(False)
    dss.Text.Command("Clear")
    if series.basis.mains_hz is not None:
        dss.Text.Command(f"Set defaultbasefrequency={series.basis.mains_hz:g}")
    dss.Text.Command(
        f"New Circuit.grid bus1={_BUS} basekv={voltage_v / 1e3!r} pu=1.0 phases=3"
        f" MVAsc3={mva!r} MVAsc1={mva!r} x1r1={head.x_over_r!r} x0r0={head.x_over_r!r}"
    )
    with TemporaryDirectory(prefix="powermodel-opendss-") as name:
        snippet = write_opendss(series, Path(name))[-1]
        for line in snippet.read_text(encoding="utf-8").splitlines():
            if not line.startswith("!"):
                dss.Text.Command(line.replace("dblfile=", f"dblfile={name}/"))
        dss.Text.Command(f"New Monitor.volts element=Load.{series.name} terminal=1 mode=0")
        dss.Text.Command(
            f"New Monitor.watts element=Load.{series.name} terminal=1 mode=1 ppolar=no"
        )
        dss.Solution.Solve()
    if not dss.Solution.Converged():
        raise ResponseError(
            "OpenDSS does not converge: the grid cannot carry the power",
            where="opendss",
            hint="check the short-circuit power and the power factor",
        )
    phase_v = voltage_v / np.sqrt(3.0)
    volts = _channels(dss, "volts", (1, 3, 5)).mean(axis=0) / phase_v
    watts = _channels(dss, "watts", (1, 3, 5)).sum(axis=0) * 1e3
    return volts, watts


def _channels(dss: Any, name: str, numbers: tuple[int, ...]) -> FloatArray:
    dss.Monitors.Name(name)
    return np.array([np.asarray(dss.Monitors.Channel(k), dtype=np.float64) for k in numbers])
