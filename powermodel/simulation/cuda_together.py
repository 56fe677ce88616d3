# SPDX-License-Identifier: Apache-2.0
"""Runs on a GPU that go on together: their loads in the same launches, their storage in one.

Loads that differ in their seed fill a GPU that a small site leaves idle. A run's storage fills one
of its multiprocessors: that of many runs takes the time of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from powermodel.simulation.blocks import Site
from powermodel.simulation.cuda import CudaSiteStorage
from powermodel.simulation.cuda_rack_runs import share_racks
from powermodel.simulation.cuda_racks import CudaRacks
from powermodel.simulation.handed import LoadSource
from powermodel.simulation.storage import SiteStorage, in_quanta
from powermodel_kernels.cuda.memory import memory
from powermodel_kernels.cuda.site import CudaStorage, difference
from powermodel_kernels.storage.driver import Outputs, State
from powermodel_kernels.tables import I64

AT_ONCE = 64
"""Runs of a launch at most: what it gives is held until each of them has taken its block."""


class _Tile(NamedTuple):
    """A tile of all runs."""

    load_q: I64
    """Of each run, (runs, samples)."""
    waiting: dict[int, tuple[Outputs, State]]
    """What it gave, and the state after it, of those runs that have not taken it."""


class StorageTogether:
    """The storage of several runs: who comes first takes all along.

    Parameters
    ----------
    storages : list of SiteStorage
        Of each run, all at the same sample.
    loads : list of LoadSource
        Of each run; those with one load have the same one.
    number : int
        Of the GPU.
    """

    def __init__(self, storages: list[SiteStorage], loads: list[LoadSource], number: int) -> None:
        self._memory = memory(number)
        self._states = [_copy(storage.now) for storage in storages]
        self._loads = loads
        self._tiles: dict[int, _Tile] = {}
        with self._memory.beside():
            stages = [storage.stage for storage in storages]
            self._there = CudaStorage(stages, self._states, self._memory)

    def advance(self, run: int, load_q: I64, first: int) -> tuple[Outputs, State]:
        """Return what a tile gives for a run, and its state after it.

        Parameters
        ----------
        run : int
            Which of the runs.
        load_q : ndarray
            Its load, quanta (samples,).
        first : int
            Number of the tile's first sample.
        """
        if first not in self._tiles:
            loads = self._loads_q(first, load_q.size)
            with self._memory.beside():
                found = self._there.advance(loads, first)
                self._there.fetch()
            each = zip(found, map(_copy, self._states), strict=True)
            self._tiles[first] = _Tile(loads, dict(enumerate(each)))
        tile = self._tiles[first]
        assert np.array_equal(tile.load_q[run], load_q)
        taken = tile.waiting.pop(run)
        if not tile.waiting:
            del self._tiles[first]
        return taken

    def _loads_q(self, first: int, samples: int) -> I64:
        """Return the load of every run, quanta: those with one load have it turned once."""
        of = {id(load): load for load in self._loads}
        load_q = {key: in_quanta(load.tile(first, samples)) for key, load in of.items()}
        return np.stack([load_q[id(load)] for load in self._loads])


class SharedStorage(SiteStorage):
    """The storage of one of several runs, its state on the host.

    Parameters
    ----------
    own : SiteStorage
        What it goes on from.
    together : StorageTogether
        That advances it.
    run : int
        Which one it is there.
    """

    def __init__(self, own: SiteStorage, together: StorageTogether, run: int) -> None:
        self.stage, self._state = own.stage, _copy(own.now)
        self._together, self._run = together, run

    def _advance(self, load_q: I64, first: int) -> Outputs:
        found, state = self._together.advance(self._run, load_q, first)
        self._state = state
        return found


def share_loads(sites: Sequence[Site]) -> None:
    """Let the loads of runs that differ in their seed share launches and transfers.

    Parameters
    ----------
    sites : sequence of Site
        Up to the load, at the same sample; nothing was asked of them so far.
    """
    racks = [site.racks for site in sites if isinstance(site.racks, CudaRacks)]
    if len(racks) > 1:
        share_racks(racks)


def share_storage(sites: Sequence[Sequence[Site]], number: int) -> None:
    """Let the storage of runs advance together, wherever it can.

    Parameters
    ----------
    sites : sequence of sequence of Site
        Of the runs of each load, all at the same sample. From here on each load is handed to all of
        its runs before the first of any load goes on.
    number : int
        Of the GPU.
    """
    groups: list[list[tuple[Site, SiteStorage, LoadSource]]] = []
    for with_one_load in sites:
        load = with_one_load[0].load
        for site in with_one_load:
            storage = site.storage
            # With supply of its own at the site, a run's storage sees another load.
            if site.onsite is None and load is not None and isinstance(storage, CudaSiteStorage):
                fitting = (g for g in groups if len(g) < AT_ONCE and _fits(g[0][1], storage))
                group = next(fitting, None)
                if group is None:
                    groups.append([(site, storage, load)])
                else:
                    group.append((site, storage, load))
    for group in groups:
        if len(group) > 1:
            _, storages, loads = map(list, zip(*group, strict=True))
            together = StorageTogether(storages, loads, number)
            for run, (site, own, _) in enumerate(group):
                site.storage = SharedStorage(own, together, run)


def _fits(one: SiteStorage, other: SiteStorage) -> bool:
    return difference(one.stage, other.stage) is None


def _copy(state: State) -> State:
    return State._make(type(table)._make(np.array(c) for c in table) for table in state)
