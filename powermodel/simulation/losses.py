# SPDX-License-Identifier: Apache-2.0
"""The loss waterfall of a site, from the grid's voltage to the die's: at one load, or of a run."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.errors import PlanError, UnitError
from powermodel.indicators.conversion import (
    BUFFERED,
    COOLING,
    OUTSIDE,
    REACTIVE,
    extent_of,
    load_path,
)
from powermodel.scenario import Scenario
from powermodel.scenario.chain import Architecture
from powermodel.scenario.hardware import record
from powermodel.schema.chain import stage_path
from powermodel_datasets.supply_kinds import SLOTS
from powermodel_kernels.supply.reactive import power_factor, reactive_power
from powermodel_kernels.supply.waterfall import (
    LossStage,
    current_a,
    loss_waterfall,
    voltage_ratio,
)

if TYPE_CHECKING:
    import xarray as xr

DEFAULT = "ac-415v"
"""The architecture of a scenario that names none."""


@dataclass(frozen=True, slots=True)
class LossRow:
    """What one stage takes of a waterfall, or what branches off it."""

    slot: str
    """Its place in the architecture; of a branch, what it feeds."""
    stage: str
    """Record of its loss; empty for a branch."""
    drawn_w: float
    delivered_w: float
    loss_w: float
    """Drawn less delivered: of a branch, what it feeds."""
    input_v: float | None = None
    """Nominal; None where the stage keeps its voltage."""
    output_v: float | None = None

    @property
    def is_branch(self) -> bool:
        """Whether what it takes is a load beside the accelerators, not a loss."""
        return not self.stage


@dataclass(frozen=True, slots=True)
class Losses:
    """Where the power goes: all of it at one operating point, or on average over a run."""

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
    """At the grid; of a run, of its mean active and reactive power."""
    rows: tuple[LossRow, ...]
    duration_s: float | None = None
    """Of the run; None for one operating point."""

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def losses_of(scenario: Scenario, architecture: str | None, load_share: float) -> Losses:
    """Return the waterfall of the accelerators of a scenario.

    Every stage is rated for what it passes on when all accelerators draw their TDP. The rest of the
    racks and the cooling are not on this path.

    Parameters
    ----------
    scenario : Scenario
        Whose jobs say how many accelerators there are.
    architecture : str, optional
        Record of the datasets; unless given that of the site, or `DEFAULT`.
    load_share : float
        Power of the accelerators over their TDP, above 0 and up to 1.

    Raises
    ------
    UnitError
        If there is no such architecture, or the share is out of range.
    """
    if not 0.0 < load_share <= 1.0:
        raise UnitError(f"expected a load share above 0 and up to 1, got {load_share:g}")
    chain = scenario.site.chain if architecture is None else None
    if chain is None:
        chain = Architecture(like=record("architecture", architecture or DEFAULT).name)
    full_w = _tdp_w(scenario)
    stages = chain.rated(SLOTS, full_w)
    fall = loss_waterfall(stages, np.array([load_share * full_w]))
    reactive_var = float(reactive_power(stages, fall)[0, 0])
    rows = tuple(
        _row(chain, stage, float(fall.drawn_w[n, 0]), float(fall.delivered_w[n, 0]))
        for n, stage in enumerate(stages)
    )
    return _waterfall(scenario, chain, rows, load_share * full_w, reactive_var, None)


def losses_of_run(tree: xr.DataTree) -> Losses:
    """Return the mean waterfall of a run, with all that branches off it.

    Parameters
    ----------
    tree : DataTree
        One run of a site with an architecture, and the scenario among its attributes.

    Raises
    ------
    PlanError
        If the run holds no losses.
    """
    if "losses" not in tree.children:
        raise PlanError(
            "the run holds no losses of conversion stages",
            where="site.architecture",
            hint=f"run the scenario with --set site.architecture={DEFAULT} "
            "--set site.overhead=null",
        )
    scenario = Scenario.from_yaml(tree.attrs["scenario"])
    chain = scenario.site.chain
    assert chain is not None
    load = extent_of(tree, load_path(tree))
    lost = {slot: extent_of(tree, stage_path(slot)).mean for slot in SLOTS}
    modules_w = extent_of(tree, "chain/accelerators").mean
    rows: list[LossRow] = []
    have_w = load.mean
    for stage in chain.rated(SLOTS, _tdp_w(scenario)):
        slot = stage.name
        for branch, taken_w in _branches(tree, slot, have_w, modules_w + lost["tray"]):
            rows.append(LossRow(branch, "", have_w, have_w - taken_w, taken_w))
            have_w -= taken_w
        rows.append(_row(chain, stage, have_w, have_w - lost[slot]))
        have_w -= lost[slot]
    reactive_var = extent_of(tree, REACTIVE).mean
    return _waterfall(scenario, chain, tuple(rows), modules_w, reactive_var, load.duration_s)


def _branches(
    tree: xr.DataTree, before: str, have_w: float, trays_w: float
) -> list[tuple[str, float]]:
    """Return what leaves the path to the die in front of a slot, by what it feeds."""
    if before == OUTSIDE[1] and "cooling" in tree.children:
        return [("cooling", extent_of(tree, COOLING).mean)]
    if before == OUTSIDE[2]:
        buffered_w = extent_of(tree, BUFFERED).mean
        return [("capacitors", buffered_w)] if buffered_w else []
    if before == "tray":
        stores = [
            (words, -extent_of(tree, f"{group}/power").mean)
            for group, words in (("rack_store", "rack stores"), ("rack_backup", "rack backups"))
            if group in tree.children
        ]
        rest_w = have_w - sum(taken_w for _, taken_w in stores) - trays_w
        return [*stores, ("rest of the racks", rest_w)]
    return []


def _waterfall(
    scenario: Scenario,
    chain: Architecture,
    rows: tuple[LossRow, ...],
    module_w: float,
    reactive_var: float,
    duration_s: float | None,
) -> Losses:
    grid_w, die_w = rows[0].drawn_w, rows[-1].delivered_w
    grid_v = float(chain.record["transmission_voltage"].value)
    die_v = float(chain.record["die_voltage"].value)
    factor = float(power_factor(np.array([grid_w]), np.array([reactive_var]))[0])
    return Losses(
        scenario=scenario.name,
        architecture=chain.describe(),
        load_share=module_w / _tdp_w(scenario),
        module_w=module_w,
        grid_w=grid_w,
        die_w=die_w,
        efficiency=die_w / grid_w,
        voltage_ratio=voltage_ratio(chain.rated(SLOTS, module_w)),
        grid_v=grid_v,
        die_v=die_v,
        grid_a=current_a(grid_w, grid_v, 3, factor),
        die_a=current_a(die_w, die_v),
        power_factor=factor,
        rows=rows,
        duration_s=duration_s,
    )


def _row(chain: Architecture, stage: LossStage, drawn_w: float, delivered_w: float) -> LossRow:
    return LossRow(
        stage.name,
        chain.stage_name(stage.name),
        drawn_w,
        delivered_w,
        drawn_w - delivered_w,
        stage.input_v if math.isfinite(stage.input_v) else None,
        stage.output_v if math.isfinite(stage.output_v) else None,
    )


def _tdp_w(scenario: Scenario) -> float:
    """Return the TDP of all accelerators, W."""
    return sum(job.all_accelerators * scenario.accelerator_of(job).tdp_w for job in scenario.jobs)
