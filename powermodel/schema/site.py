# SPDX-License-Identifier: Apache-2.0
"""The load: at the POI, of halls, racks and chosen accelerators."""

from __future__ import annotations

from powermodel.schema.variable import ON_GRID, POINT, Variable, series

POI_POWER = Variable(
    path="poi/power",
    dims=("run", "time"),
    dtype="float64",
    long_name="Electrical load at the point of interconnection",
    units="W",
    cell_methods=POINT,
    comment=ON_GRID,
)
HALL_POWER = Variable(
    path="hall/power",
    dims=("run", "time", "hall"),
    dtype="float64",
    long_name="Electrical load of each hall",
    units="W",
    cell_methods=POINT,
    comment=ON_GRID,
)
RACK_POWER = Variable(
    path="rack/power",
    dims=("run", "time", "rack"),
    dtype="float32",
    long_name="Electrical load of each rack",
    units="W",
    cell_methods=POINT,
    comment=ON_GRID,
)
PROBE_POWER = Variable(
    path="probe/power",
    dims=("run", "time", "accelerator"),
    dtype="float32",
    long_name="Electrical load of chosen accelerators",
    units="W",
    cell_methods=POINT,
    comment=ON_GRID,
)
LOAD_POWER = series("load/power", "Electrical load of the site before its storage")

PARTS = {"load": (LOAD_POWER,)}
