# SPDX-License-Identifier: Apache-2.0
"""The load: at the POI, of halls, racks and chosen accelerators."""

from __future__ import annotations

from powermodel.schema.variable import series

POI_POWER = series("poi/power", "Electrical load at the point of interconnection")
HALL_POWER = series("hall/power", "Electrical load of each hall", node="hall")
RACK_POWER = series("rack/power", "Electrical load of each rack", node="rack", dtype="float32")
PROBE_POWER = series(
    "probe/power", "Electrical load of chosen accelerators", node="accelerator", dtype="float32"
)
LOAD_POWER = series("load/power", "Electrical load of the site before its storage")

PARTS = {"load": (LOAD_POWER,)}
