# SPDX-License-Identifier: Apache-2.0
"""COMTRADE files by IEEE C37.111-2013 / IEC 60255-24: CFG and DAT, in all four data types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import numpy.typing as npt

from powermodel.exporters.columns import write_columns
from powermodel.exporters.comtrade_reader import read_comtrade
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Check, Exporter, compared
from powermodel.exporters.series import PlannerSeries
from powermodel.indicators.inputs import FloatArray

LARGEST_STAMP = 2**32 - 1
"""The stamp of a sample is an unsigned 32-bit number of microseconds times timemult."""
_TICKS_PER_US = 1000
# Codes of the raw values: the lowest code is reserved for a missing value.
_CODES = {"BINARY": 32767, "BINARY32": 2147483647}
_RAW = {"BINARY": "<i2", "BINARY32": "<i4", "FLOAT32": "<f4"}
_TYPES = ("FLOAT32", "BINARY32", "BINARY", "ASCII")
_REVISIONS = {"1999": ("BINARY", "ASCII"), "2013": _TYPES}


@dataclass(frozen=True, slots=True)
class Channel:
    """One analog channel: value = a * raw + b."""

    name: str
    unit: str
    a: float
    b: float
    raw: npt.NDArray
    source: FloatArray

    @property
    def step(self) -> float:
        """Largest error of a value [in `unit`]."""
        if self.raw.dtype == np.float64:
            return 0.0
        if self.raw.dtype == np.float32:
            # Half a unit in the last place, of the largest value.
            return float(np.spacing(np.float32(np.abs(self.source).max()))) / 2
        return self.a


def timemult_of(series: PlannerSeries) -> tuple[int, int]:
    """Return microseconds times timemult per step, and timemult.

    Raises
    ------
    ExportError
        If the step is no whole number of microseconds, or no timemult makes the record fit.
    """
    step_us, rest = divmod(series.dt_ticks, _TICKS_PER_US)
    if rest or step_us < 1:
        raise ExportError(
            f"a step of {series.dt_s:g} s is no whole number of microseconds",
            where="dt",
            hint="COMTRADE stamps count microseconds: choose a dt of whole microseconds",
        )
    last = series.samples - 1
    for timemult in range(1, step_us + 1):
        if step_us % timemult == 0 and last * (step_us // timemult) <= LARGEST_STAMP:
            return step_us // timemult, timemult
    raise ExportError(
        f"{series.samples} samples wrap the 32-bit stamp at any timemult",
        where="samples",
        hint="split the record",
    )


def write_comtrade(
    series: PlannerSeries, folder: Path, *, data: str = "FLOAT32", revision: str = "2013"
) -> list[Path]:
    """Write CFG and DAT.

    Parameters
    ----------
    series : PlannerSeries
        What to write; power in MW and Mvar.
    folder : Path
        Where to.
    data : {"FLOAT32", "BINARY32", "BINARY", "ASCII"}
        Type of the data file.
    revision : {"2013", "1999"}
        Of the standard.
    """
    if revision not in _REVISIONS:
        raise ExportError(f"unknown revision {revision!r}", where="revision", hint="2013 or 1999")
    if data not in _REVISIONS[revision]:
        raise ExportError(
            f"revision {revision} has no data type {data}",
            where="data",
            hint=f"one of {', '.join(_REVISIONS[revision])}, or revision 2013",
        )
    step, timemult = timemult_of(series)
    channels = [_channel(*column, data) for column in series.columns()]
    if data == "BINARY":
        _refuse_coarse(channels[0], series.basis.tolerance_w)
    stem = folder / f"{series.name}_{data.lower()}"
    cfg, dat = stem.with_suffix(".cfg"), stem.with_suffix(".dat")
    head = _configuration(series, channels, data, revision, timemult)
    cfg.write_text(head, encoding="ascii", newline="")
    stamps = np.arange(series.samples, dtype=np.int64) * step
    numbers = np.arange(1, series.samples + 1, dtype=np.int64)
    if data == "ASCII":
        rows = [numbers, stamps, *(channel.raw for channel in channels)]
        write_columns(dat, rows, end="\r\n")
    else:
        fields = [("n", "<u4"), ("t", "<u4")]
        fields += [(channel.name, _RAW[data]) for channel in channels]
        records = np.empty(series.samples, dtype=fields)
        records["n"], records["t"] = numbers, stamps
        for channel in channels:
            records[channel.name] = channel.raw
        dat.write_bytes(records.tobytes())
    return [cfg, dat]


def _channel(name: str, unit: str, values: FloatArray, data: str) -> Channel:
    scale, shown = {"W": (1e6, "MW"), "var": (1e6, "Mvar"), "1": (1.0, "pu")}.get(unit, (1.0, unit))
    source = values / scale
    if data == "ASCII":
        return Channel(name, shown, 1.0, 0.0, source, source)
    if data == "FLOAT32":
        return Channel(name, shown, 1.0, 0.0, source.astype(np.float32), source)
    codes = _CODES[data]
    low, high = float(source.min()), float(source.max())
    # Of a constant any scale will do: its raw values are 0.
    a = (high - low) / (2 * codes) or 1e-6
    b = (high + low) / 2
    raw = np.clip(np.rint((source - b) / a), -codes, codes).astype(_RAW[data])
    return Channel(name, shown, a, b, raw, source)


def _refuse_coarse(power: Channel, tolerance_w: float | None) -> None:
    step_w = power.a * 1e6
    if tolerance_w is None:
        raise ExportError(
            f"16-bit BINARY rounds the power to {step_w:g} W, and no tolerance is declared",
            where="tolerance",
            hint="declare one with --tolerance, or use --format comtrade (FLOAT32)",
        )
    if step_w > tolerance_w:
        raise ExportError(
            f"16-bit BINARY rounds the power to {step_w:g} W, the tolerance is {tolerance_w:g} W",
            where="tolerance",
            hint="use --format comtrade (FLOAT32) or comtrade-binary32",
        )


def _configuration(
    series: PlannerSeries, channels: list[Channel], data: str, revision: str, timemult: int
) -> str:
    mains_hz = series.basis.mains_hz or 0.0
    lines = [f"{series.name},powermodel,{revision}", f"{len(channels)},{len(channels)}A,0D"]
    for number, channel in enumerate(channels, start=1):
        low, high = channel.raw.min(), channel.raw.max()
        lines.append(
            f"{number},{channel.name},,POI,{channel.unit},{channel.a!r},{channel.b!r},0,"
            f"{low!s},{high!s},1,1,P"
        )
    rate = 1e9 / series.dt_ticks
    # A rate that decimal digits cannot hold is left out: then the stamps count.
    exact = float(f"{rate:.9g}") == rate
    lines += [f"{mains_hz:g}", "1" if exact else "0"]
    lines.append(f"{rate:.9g},{series.samples}" if exact else f"0,{series.samples}")
    start = series.basis.start_utc
    lines += [_stamp(start), _stamp(start), data, str(timemult)]
    if revision == "2013":
        # UTC; not disciplined by a clock, and no leap second in a simulation.
        lines += ["0,0", "F,0"]
    return "\r\n".join(lines) + "\r\n"


def _stamp(when: datetime) -> str:
    return f"{when:%d/%m/%Y,%H:%M:%S.%f}"


def check_comtrade(series: PlannerSeries, paths: list[Path]) -> list[Check]:
    """Read the files back with the reader of this package, which shares no code with the writer."""
    cfg, dat = paths
    found = read_comtrade(cfg, dat)
    checks = [compared(dat, "time", found.time_s, series.time_s, 1e-9, "s")]
    channels = [_channel(*column, found.data) for column in series.columns()]
    for place, channel in enumerate(channels):
        # Half a step by rounding; a float64 sum of scale and offset adds its own last place.
        allowed = channel.step * 0.5000001 if found.data.startswith("BINARY") else channel.step
        slack = 4 * float(np.spacing(np.abs(channel.source).max()))
        values = found.values[place]
        checks.append(
            compared(dat, channel.name, values, channel.source, allowed + slack, channel.unit)
        )
    return checks


def _exporter(data: str, name: str) -> Exporter:
    return Exporter(
        name=name,
        title=f"COMTRADE C37.111-2013, {data} data (most tools and relays' software)",
        write=partial(write_comtrade, data=data),
        check=check_comtrade,
        needs=("mains_hz", "start"),
    )


EXPORTERS = (
    _exporter("FLOAT32", "comtrade"),
    _exporter("BINARY32", "comtrade-binary32"),
    _exporter("BINARY", "comtrade-binary"),
    _exporter("ASCII", "comtrade-ascii"),
)
