# SPDX-License-Identifier: Apache-2.0
"""Between grid and die: losses of the conversion stages, reactive power, cooling."""

from __future__ import annotations

from powermodel.schema.buffers import LOSS
from powermodel.schema.variable import ON_GRID, POINT, Variable, series
from powermodel_datasets.supply_kinds import SLOTS

_INSIDE = {
    "tray": "Contained in the load of the racks.",
    "module": "Contained in the power of the accelerators.",
}


_NAMES = {"rack": "rack_supply"}
"""Another name than the slot's, where that is the name of a group: xarray's `DataTree.load` leaves
a variable on disk that is called like a group (it looks for its name among the paths)."""


def stage_path(slot: str) -> str:
    """Return the path of the losses in a slot."""
    return f"losses/{_NAMES.get(slot, slot)}"


def _stage(slot: str) -> Variable:
    """Return the record of a stage's losses: 32 bits, of which the last is below 2 W."""
    return Variable(
        path=stage_path(slot),
        dims=("run", "time"),
        dtype="float32",
        long_name=f"Losses of the conversion stages in the slot '{slot}'",
        units="W",
        cell_methods=POINT,
        comment=f"{LOSS} {_INSIDE.get(slot, '')}".strip(),
    )


COOLING_POWER = series(
    "cooling/power",
    "Power that cooling draws",
    comment=f"{ON_GRID} Contained in the load at the point of interconnection.",
)
STAGE_LOSSES = tuple(_stage(slot) for slot in SLOTS)

PARTS = {
    "losses": STAGE_LOSSES,
    "chain": (
        series(
            "chain/reactive",
            "Reactive power of the load at the point of interconnection, before storage",
            units="V A",
            comment="In var: lagging positive, out of the stages of the architecture.",
        ),
        series(
            "chain/buffered",
            "Power into the capacitors of supplies and UPS",
            comment="Drawn less passed on, where the architecture has a mode; 0 without.",
        ),
        series("chain/accelerators", "Power of all accelerators, before their racks' supplies"),
    ),
    "cooling": (COOLING_POWER,),
}
