# SPDX-License-Identifier: Apache-2.0
"""The loss waterfall of a site at one operating point, from the grid's voltage to the die's."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from powermodel.errors import UnitError
from powermodel.scenario import Scenario
from powermodel.scenario.hardware import record
from powermodel_datasets.record import Record
from powermodel_datasets.supply_kinds import SLOTS
from powermodel_kernels.supply.reactive import power_factor, reactive_power
from powermodel_kernels.supply.waterfall import (
    LossStage,
    current_a,
    loss_waterfall,
    voltage_ratio,
)

_ENDS = {
    "transmission": ("transmission_voltage", "medium_voltage"),
    "distribution": ("medium_voltage", "distribution_voltage"),
    "rack": ("distribution_voltage", "rack_voltage"),
    "tray": ("rack_voltage", "tray_voltage"),
    "module": ("tray_voltage", "die_voltage"),
}
"""Voltages before and after the stages that change it."""


@dataclass(frozen=True, slots=True)
class LossRow:
    """One stage of a waterfall."""

    slot: str
    """Its place in the architecture."""
    stage: str
    """Record of its loss."""
    drawn_w: float
    delivered_w: float
    loss_w: float
    input_v: float | None
    """Nominal; None where the stage keeps its voltage."""
    output_v: float | None


@dataclass(frozen=True, slots=True)
class Losses:
    """Where the power of all accelerators goes, at one operating point."""

    scenario: str
    architecture: str
    load_share: float
    """Power of the accelerators over their TDP."""
    module_w: float
    grid_w: float
    die_w: float
    efficiency: float
    """Power on the dies over that drawn from the grid."""
    voltage_ratio: float
    """Nominal voltage of the grid over that of the die."""
    grid_v: float
    die_v: float
    grid_a: float
    """Per phase."""
    die_a: float
    """On all dies together."""
    power_factor: float
    """At the grid, of these accelerators' path."""
    rows: tuple[LossRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def losses_of(scenario: Scenario, architecture: str, load_share: float) -> Losses:
    """Return the waterfall of the accelerators of a scenario.

    Every stage is rated for what it passes on when all accelerators draw their TDP. The rest of the
    racks and the cooling are not on this path.

    Parameters
    ----------
    scenario : Scenario
        Whose jobs say how many accelerators there are.
    architecture : str
        Record of the datasets.
    load_share : float
        Power of the accelerators over their TDP, above 0 and up to 1.

    Raises
    ------
    UnitError
        If there is no such architecture, or the share is out of range.
    """
    if not 0.0 < load_share <= 1.0:
        raise UnitError(f"expected a load share above 0 and up to 1, got {load_share:g}")
    found = record("architecture", architecture)
    full_w = sum(job.accelerators * scenario.accelerator_of(job).tdp_w for job in scenario.jobs)
    stages = rated_chain(found, full_w)
    fall = loss_waterfall(stages, np.array([load_share * full_w]))
    reactive = reactive_power(stages, fall)[0]
    grid_w, die_w = float(fall.drawn_w[0, 0]), float(fall.delivered_w[-1, 0])
    factor = float(power_factor(fall.drawn_w[0], reactive)[0])
    grid_v, die_v = found["transmission_voltage"].value, found["die_voltage"].value
    rows = tuple(
        LossRow(
            stage.name,
            found.link(stage.name),
            float(fall.drawn_w[n, 0]),
            float(fall.delivered_w[n, 0]),
            float(fall.loss_w[n, 0]),
            stage.input_v if math.isfinite(stage.input_v) else None,
            stage.output_v if math.isfinite(stage.output_v) else None,
        )
        for n, stage in enumerate(stages)
    )
    return Losses(
        scenario.name, architecture, load_share, load_share * full_w, grid_w, die_w,
        die_w / grid_w, voltage_ratio(stages), grid_v, die_v,
        current_a(grid_w, grid_v, 3, factor), current_a(die_w, die_v), factor, rows,
    )  # fmt: skip


def rated_chain(architecture: Record, full_w: float) -> list[LossStage]:
    """Return the stages of an architecture, each rated for its share of full load.

    Parameters
    ----------
    architecture
        Record of the datasets.
    full_w
        Power of all modules at full load, W.
    """
    stages: list[LossStage] = []
    behind_w = full_w
    for slot in reversed(SLOTS):
        stage = _stage(architecture, slot, behind_w)
        stages.insert(0, stage)
        # The regulators on the module are inside the module's power, which already feeds them.
        if not stage.on_module:
            behind_w *= 1.0 + stage.constant + stage.linear + stage.quadratic
    return stages


def _stage(architecture: Record, slot: str, rating_w: float) -> LossStage:
    found = record("loss-stage", architecture.link(slot))
    before, after = _ENDS.get(slot, (None, None))

    def value(field: str, default: float) -> float:
        return float(found[field].value) if field in found else default

    return LossStage(
        slot,
        rating_w,
        value("constant_loss", 0.0),
        value("linear_loss", 0.0),
        value("quadratic_loss", 0.0),
        slot == "module",
        float(architecture[before].value) if before else math.nan,
        float(architecture[after].value) if after else math.nan,
        value("reactance", 0.0),
        value("magnetizing_current", 0.0),
        value("power_factor", math.nan),
    )
