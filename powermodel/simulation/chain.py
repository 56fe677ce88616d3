# SPDX-License-Identifier: Apache-2.0
"""From the racks of a site to its load at the POI, tile after tile: stages, mode, cooling.

The order is that of the electricity, seen from the racks: busway, UPS, the mode of supplies and
UPS, distribution, cooling (which hangs at medium voltage), transmission. What the stages behind the
racks' input lose is contained in the racks' load and only split off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel.scenario import Scenario
from powermodel.scenario.chain import BEHIND, Architecture
from powermodel.scenario.placement import Placement
from powermodel.scenario.site import Overhead
from powermodel.schema.chain import stage_path
from powermodel.simulation.racks import RackTile
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.cooling import CoolingState
from powermodel_kernels.supply.reactive import reactive_power
from powermodel_kernels.supply.waterfall import LossStage, Waterfall, delivered_by, drawn_by
from powermodel_kernels.tables import F32, I64

FloatArray = NDArray[np.float64]
Out = Mapping[str, NDArray[np.floating]]


def chain_parts(scenario: Scenario) -> dict[str, bool]:
    """Return which groups of the store what lies between racks and POI fills."""
    chain = scenario.site.architecture is not None
    return {"losses": chain, "chain": chain, "cooling": scenario.site.cooling is not None}


class SiteLoad:
    """What lies between the racks of a site and its load at the POI, with what it remembers.

    Parameters
    ----------
    scenario : Scenario
        Checked.
    dt_s : float
        The step, s.
    """

    def __init__(self, scenario: Scenario, dt_s: float) -> None:
        site = scenario.site
        rated_w = site.racks_rated_w
        self._overhead = site.overhead or Overhead()
        self._dt_s = dt_s
        self._stages = None if site.chain is None else Stages(scenario, site.chain)
        self._mode = None if site.chain is None else site.chain.chain_mode(rated_w)
        self._cooling = None if site.cooling is None else site.cooling.kernel(rated_w)
        factor = 1.0 if site.cooling is None else site.cooling.value("power_factor")
        self._cooling_tangent = math.tan(math.acos(factor))
        self._mode_state: tuple[F32, I64] | None = None
        self._cooling_state: CoolingState | None = None

    @property
    def remembers(self) -> bool:
        """Whether a tile depends on the one before it."""
        return self._mode is not None or self._cooling is not None

    def tile(self, racks: RackTile, out: Out) -> FloatArray:
        """Take the racks' power to the POI.

        Parameters
        ----------
        racks : RackTile
            What all racks draw.
        out : mapping
            Where to put the own series, those that the run keeps.

        Returns
        -------
        ndarray
            Load before the storage, W.
        """
        drawn = racks.halls.sum(axis=0)
        cooling = self._cool(racks, drawn)
        if "cooling/power" in out:
            out["cooling/power"][:] = cooling / QUANTA_PER_W
        if self._stages is None:
            it_w: FloatArray = (drawn + cooling) / QUANTA_PER_W
            return it_w * (1.0 + self._overhead.proportional) + self._overhead.constant
        ups, busway = self._stages.to_mode(drawn)
        taken = self._through_mode(ups)
        distribution, transmission = self._stages.to_grid(taken, cooling)
        flow = Flow(transmission, distribution, taken, ups, busway, drawn, cooling)
        out["chain/buffered"][:] = (taken - ups) / QUANTA_PER_W
        out["chain/accelerators"][:] = racks.modules.sum(axis=0) / QUANTA_PER_W
        cooling_var = cooling / QUANTA_PER_W * self._cooling_tangent
        out["chain/reactive"][:] = self._stages.reactive(flow, cooling_var)
        for slot, lost in self._stages.losses(flow, racks).items():
            out[stage_path(slot)][:] = lost / QUANTA_PER_W
        load_w: FloatArray = transmission / QUANTA_PER_W
        return load_w

    def _cool(self, racks: RackTile, drawn: I64) -> I64:
        """Return what cooling draws: nothing without, at rest under the first sample's heat."""
        if self._cooling is None:
            return np.zeros_like(drawn)
        # What store and backup of a rack take in becomes heat when it comes out again.
        stored_w = racks.store_w + racks.store_loss_w + racks.backup_w + racks.backup_loss_w
        heat = drawn + np.rint(stored_w * QUANTA_PER_W).astype(np.int64)
        if self._cooling_state is None:
            self._cooling_state = self._cooling.settled(float(heat[0]) / QUANTA_PER_W)
        self._cooling_state, power = self._cooling.advance(self._cooling_state, heat, self._dt_s)
        return power

    def _through_mode(self, asked: I64) -> I64:
        if self._mode is None:
            return asked
        if self._mode_state is None:
            self._mode_state = self._mode.at_rest(int(asked[0]))
        self._mode_state, taken = self._mode.advance(self._mode_state, asked, self._dt_s)
        return taken

    def state(self) -> dict[str, np.ndarray]:
        """Return what mode and cooling remember; nothing before the first tile."""
        found: dict[str, np.ndarray] = {}
        if self._mode_state is not None:
            found |= {"chain/gap": self._mode_state[0], "chain/last": self._mode_state[1]}
        if self._cooling_state is not None:
            found |= {f"cooling/{k}": v for k, v in self._cooling_state._asdict().items()}
        return {name: part.copy() for name, part in found.items()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        if self._mode is not None:
            self._mode_state = (np.array(state["chain/gap"]), np.array(state["chain/last"]))
        if self._cooling is not None:
            parts = (np.array(state[f"cooling/{name}"]) for name in CoolingState._fields)
            self._cooling_state = CoolingState(*parts)


class Flow(NamedTuple):
    """Power along the chain, quanta (samples,), grid first."""

    transmission: I64
    """What the stage draws; so for every one below."""
    distribution: I64
    taken: I64
    """What the mode of supplies and UPS draws for ``ups``."""
    ups: I64
    busway: I64
    racks: I64
    cooling: I64
    """Hangs behind the transmission stage."""


class Stages:
    """The conversion stages of a site, each rated for what it carries.

    Parameters
    ----------
    scenario : Scenario
        Whose racks rate the stages before them, and whose accelerators those behind.
    chain : Architecture
        Of its site.
    """

    def __init__(self, scenario: Scenario, chain: Architecture) -> None:
        racks_w = scenario.site.racks_rated_w
        self._transmission, self._distribution, *self._inner = chain.outside(racks_w)
        self._rack = chain.stage("rack", racks_w)
        full_w = sum(
            job.all_accelerators * scenario.accelerator_of(job).tdp_w for job in scenario.jobs
        )
        self._tray, self._module = (chain.stage(slot, full_w) for slot in BEHIND)
        halls = scenario.site.halls
        self._ratio = np.array([[hall.rack_record.dynamic_power_ratio] for hall in halls])
        self._rest_w = sum(_rest_w(scenario, place) for place in scenario.placements)

    def to_mode(self, drawn: I64) -> I64:
        """Return what UPS and busway draw for the racks, quanta (2, samples)."""
        return drawn_by(self._inner, drawn)

    def to_grid(self, taken: I64, cooling: I64) -> tuple[I64, I64]:
        """Return what distribution and transmission draw, quanta (samples,) each."""
        [distribution] = drawn_by([self._distribution], taken)
        [transmission] = drawn_by([self._transmission], distribution + cooling)
        return distribution, transmission

    def reactive(self, flow: Flow, cooling_var: FloatArray) -> FloatArray:
        """Return the reactive power before the first stage, var (samples,)."""
        rows = [self._distribution, *self._inner, self._rack]
        drawn = (flow.distribution, flow.ups, flow.busway, flow.racks)
        # Behind the racks' supplies, which set their own angle, nothing is seen.
        behind = (flow.taken, flow.busway, flow.racks, flow.racks)
        below_var = reactive_power(rows, _fall(rows, drawn, behind))[0] + cooling_var
        first = [self._transmission]
        feeders = flow.distribution + flow.cooling
        fall = _fall(first, (flow.transmission,), (feeders,))
        reactive_var: FloatArray = reactive_power(first, fall, below_var)[0]
        return reactive_var

    def losses(self, flow: Flow, racks: RackTile) -> dict[str, I64]:
        """Return the losses in every slot, quanta (samples,)."""
        modules = racks.modules.sum(axis=0)
        [before_tray] = drawn_by([self._tray], modules)
        [on_dies] = delivered_by([self._module], modules)
        return {
            "transmission": flow.transmission - flow.distribution - flow.cooling,
            "distribution": flow.distribution - flow.taken,
            "ups": flow.ups - flow.busway,
            "busway": flow.busway - flow.racks,
            "rack": flow.racks - self._shelves(racks),
            "tray": before_tray - modules,
            "module": modules - on_dies,
        }

    def _shelves(self, racks: RackTile) -> I64:
        """Return what all shelves deliver: what the buses take less what comes from elsewhere."""
        beside_w = racks.store_w + racks.backup_w + racks.unserved_w
        modules_w = racks.modules / QUANTA_PER_W
        bus_w = (modules_w * (1.0 + self._ratio)).sum(axis=0) + self._rest_w
        delivered: I64 = np.rint((bus_w - beside_w) * QUANTA_PER_W).astype(np.int64)
        return delivered


def _rest_w(scenario: Scenario, place: Placement) -> float:
    """Return the part of the racks' rest that does not change, W; see ``laws.rack_load``."""
    rack = scenario.site.halls[place.hall].rack_record
    follows_w = rack.dynamic_power_ratio * rack.accelerator.idle_w * place.accelerators
    return rack.base_power_w * place.racks - follows_w


def _fall(stages: Sequence[LossStage], drawn: Sequence[I64], delivered: Sequence[I64]) -> Waterfall:
    names = tuple(stage.name for stage in stages)
    return Waterfall(names, np.stack(drawn) / QUANTA_PER_W, np.stack(delivered) / QUANTA_PER_W)
