# SPDX-License-Identifier: Apache-2.0
"""The load before the farm: computed once for a variant and a seed, then kept in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np

from powermodel.planning import Plan, plan, whole_ticks
from powermodel.scenario import Scenario
from powermodel.simulation.blocks import Block, Site
from powermodel.simulation.cuda import check_cuda, loads_at_once
from powermodel.sizing.changes import changed, load_alone
from powermodel.sizing.measuring import Load
from powermodel.sizing.setting import Changes
from powermodel_kernels.constants import TILE_TICKS

FARM = "storage"
"""Changes below this key of a scenario leave the load as it is."""


def load_changes(changes: Changes) -> Changes:
    """Return those changes that the load depends on."""
    return tuple(c for c in changes if c[0] != FARM and not c[0].startswith(f"{FARM}."))


class Loads:
    """Loads of the variants of a scenario, each computed once.

    Parameters
    ----------
    scenario : Scenario
        The one that the search starts from.
    workers : int
        Threads of one computation; no result depends on it.
    gpu : int, optional
        Number of the GPU that computes racks; no result depends on it.
    """

    def __init__(self, scenario: Scenario, workers: int = 1, gpu: int | None = None) -> None:
        output = {"halls": False, "racks": "none", "probes": []}
        self._scenario = load_alone(scenario).with_(output=output)
        self._workers, self._gpu = workers, gpu
        self._known: dict[tuple[Changes, int], Load] = {}
        self._lock = threading.Lock()

    @property
    def computed(self) -> int:
        """Loads that were computed so far."""
        return len(self._known)

    def plan(self, changes: Changes = (), seed: int | None = None) -> Plan:
        """Return what one load asks for."""
        scenario = changed(self._scenario, load_changes(changes))
        return plan(scenario if seed is None else scenario.with_(seed=seed))

    def of(self, changes: Changes, seed: int) -> Load:
        """Return the load of a variant with a seed."""
        with self._lock:
            self._compute(changes, [seed])
            return self._known[load_changes(changes), seed]

    def expect(self, changes: Changes, seeds: Iterable[int]) -> None:
        """Let a GPU compute the loads of several seeds together."""
        if self._gpu is not None:
            with self._lock:
                self._compute(changes, seeds)

    def _compute(self, changes: Changes, seeds: Iterable[int]) -> None:
        """Compute loads that are not known; one call at a time, since each uses all threads."""
        own = load_changes(changes)
        missing = [seed for seed in dict.fromkeys(seeds) if (own, seed) not in self._known]
        while missing:
            plans = [self.plan(changes, seed) for seed in missing]
            count = 1 if self._gpu is None else _at_once(plans, self._gpu)
            loads = _computed(plans[:count], self._workers, self._gpu)
            self._known |= zip(((own, seed) for seed in missing[:count]), loads, strict=True)
            missing = missing[count:]


def _at_once(plans: list[Plan], gpu: int) -> int:
    """Return how many of some loads a GPU computes together; refuse what it does not compute."""
    check_cuda(plans[0], gpu)
    return loads_at_once(plans[0], gpu, len(plans))


def _computed(plans: list[Plan], workers: int, gpu: int | None) -> list[Load]:
    """Compute loads that differ in their seed alone."""
    sites = [Site(planned, workers, gpu) for planned in plans]
    ticks = whole_ticks(plans[0].scenario.time.block)
    if len(sites) > 1:
        # Here, not above: the CUDA compiler is loaded for those alone who ask for a GPU.
        from powermodel.simulation.cuda_together import share_loads

        share_loads(sites)
        # None of them may be more than a tile ahead of the others.
        ticks = TILE_TICKS
    step, samples = ticks // whole_ticks(plans[0].dt_s), plans[0].samples
    parts: list[list[Block]] = [[] for _ in sites]
    for first in range(0, samples, step):
        for site, of_site in zip(sites, parts, strict=True):
            block = site.block(first, min(first + step, samples))
            of_site.append({name: values for name, values in block.items() if values.ndim == 1})
    return [_joined(of_site, plans[0]) for of_site in parts]


def _joined(parts: list[Block], planned: Plan) -> Load:
    power_w = np.concatenate([part["poi/power"] for part in parts])
    return Load(
        power_w=power_w.astype(np.float64, copy=False),
        energy_j=float(power_w.sum() * planned.dt_s),
        burnt_j=_energy_j(parts, "smoothing/burnt", planned.dt_s),
        store_loss_j=_energy_j(parts, "rack_store/loss", planned.dt_s),
    )


def _energy_j(parts: list[Block], name: str, dt_s: float) -> float:
    """Return the energy of a series [J]; 0 where the run has no such series."""
    found = [part[name] for part in parts if name in part]
    # Of all at once: a sum of floats depends on how they were cut.
    return float(np.concatenate(found).sum(dtype=np.float64)) * dt_s if found else 0.0
