# SPDX-License-Identifier: Apache-2.0
"""A recorded event at the POI: voltage and frequency over time, and the sags in it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import TraceError
from powermodel.scenario.trace import Column, read_columns
from powermodel_kernels.supply.events import Sag

TIME, VOLTAGE, FREQUENCY = "time_s", "voltage_pu", "frequency_pu"
"""Columns of a record: s from its beginning, and per unit of nominal; the last is optional."""

_TIME = Column(column=TIME, unit="s")

SAG_BELOW = 0.9
"""Voltage, per unit, below which the record counts as a sag (IEEE 1159)."""

_HIGHEST = 2.0
"""No voltage or frequency is above this; a record in volts or hertz is."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event at even steps, nominal after its end."""

    voltage: NDArray[np.float32]
    """Per unit."""
    speed: NDArray[np.float32]
    """Deviation of the frequency, per unit."""

    def sags(self, step_s: float) -> tuple[Sag, ...]:
        """Return every stretch below `SAG_BELOW`, with its lowest voltage."""
        low = np.concatenate([[False], self.voltage < SAG_BELOW, [False]]).astype(np.int8)
        edges = np.flatnonzero(np.diff(low))
        return tuple(
            Sag(float(a) * step_s, float(b - a) * step_s, float(self.voltage[a:b].min()))
            for a, b in zip(edges[::2], edges[1::2], strict=True)
        )


def read_event(path: str | os.PathLike[str], step_s: float, samples: int) -> Recorded:
    """Read a recorded event.

    Parameters
    ----------
    path : path-like
        CSV or Parquet with the columns time_s, voltage_pu and, if known, frequency_pu.
    step_s, samples
        Steps that it is interpolated to, s, and their number.

    Raises
    ------
    TraceError
        Names the file and what is wrong.
    """
    found = read_columns(Path(path), _TIME, (VOLTAGE,), (FREQUENCY,))
    time_s = found[TIME] - found[TIME][0]
    if time_s[-1] > samples * step_s:
        raise TraceError(
            f"the record of {time_s[-1]:g} s lies outside the run of {samples * step_s:g} s",
            where=str(path),
            hint=f"look at more: --duration '{time_s[-1]:g} s'",
        )
    for name in (VOLTAGE, FREQUENCY):
        values = found.get(name, np.ones(2))
        bad = np.flatnonzero((values < 0.0) | (values > _HIGHEST))
        if bad.size:
            raise TraceError(
                f"column {name!r} has {values[bad[0]]:g} in row {bad[0] + 1}: expected 0 to "
                f"{_HIGHEST:g}, per unit of nominal",
                where=str(path),
                hint="divide by the nominal value",
            )
    at_s = np.arange(samples) * step_s
    voltage = np.interp(at_s, time_s, found[VOLTAGE], right=1.0)
    frequency = np.interp(at_s, time_s, found.get(FREQUENCY, np.ones(time_s.size)), right=1.0)
    return Recorded(voltage.astype(np.float32), (frequency - 1.0).astype(np.float32))
