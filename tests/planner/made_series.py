# SPDX-License-Identifier: Apache-2.0
"""Made-up power series with closed-form answers, as xarray objects and as stores."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import xarray as xr

from powermodel.exporters import Basis
from powermodel.provenance import run_attributes
from powermodel.store import StoreLayout, StoreWriter

DT_S = 1e-3
START = datetime(2026, 1, 1, tzinfo=UTC)
BASIS = Basis(
    mains_hz=60.0,
    voltage_v=345e3,
    base_va=100e6,
    power_factor=0.98,
    start=START,
    accelerators=500_000,
    tdp_w=1200.0,
    tolerance_w=20e3,
    repeat=True,
)


def labelled(power_w, dt_s=DT_S, **attributes):
    power = np.asarray(power_w, dtype=np.float64)
    time = np.round(np.arange(power.size) * dt_s, 9)
    attrs = {"units": "W", "cell_methods": "time: point"} | attributes
    return xr.DataArray(power, dims="time", coords={"time": time}, name="power", attrs=attrs)


def sine(mean_w, amplitude_w, hz, duration_s, dt_s=DT_S):
    time_s = np.arange(round(duration_s / dt_s)) * dt_s
    return mean_w + amplitude_w * np.sin(2 * np.pi * hz * time_s)


def write_store(path: Path, power_w, dt_ticks: int = 1_000_000, blocks: int | None = None) -> Path:
    power = np.asarray(power_w, dtype=np.float64)
    layout = StoreLayout(
        dt_ticks=dt_ticks, n_samples=power.size, block_samples=10_000_000_000 // dt_ticks
    )
    attributes = run_attributes(
        "name: made-up\n",
        "0123abcd",
        seed=7,
        engine="events",
        device="cpu",
        dt_s=dt_ticks / 1e9,
        duration_s=layout.duration_s,
    )
    with StoreWriter.create(path, layout, attributes) as writer:
        for block in range(blocks or layout.n_blocks):
            writer.write(block, {"poi/power": power[layout.samples(block)]})
        if blocks is None:
            writer.finish()
    return path
