# SPDX-License-Identifier: Apache-2.0
"""The storage of runs with one load on a GPU, all in one launch.

A run's storage fills one of the GPU's multiprocessors: that of many runs takes the time of one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from powermodel.simulation.blocks import Site
from powermodel.simulation.cuda import CudaSiteStorage
from powermodel.simulation.storage import SiteStorage
from powermodel_kernels.cuda.memory import memory
from powermodel_kernels.cuda.site import CudaStorage, difference
from powermodel_kernels.storage.driver import Outputs, State
from powermodel_kernels.tables import I64

AT_ONCE = 64
"""Runs of a launch at most: what it gives is held until each of them has taken its block."""


class _Tile(NamedTuple):
    """A tile of all runs."""

    load_q: I64
    waiting: dict[int, tuple[Outputs, State]]
    """What it gave, and the state after it, of those runs that have not taken it."""


class StorageTogether:
    """The storage of several runs that see the same load: who comes first takes all along.

    Parameters
    ----------
    storages : list of SiteStorage
        Of each run, all at the same sample.
    number : int
        Of the GPU.
    """

    def __init__(self, storages: list[SiteStorage], number: int) -> None:
        self._memory = memory(number)
        self._states = [_copy(storage.now) for storage in storages]
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
            Load, quanta (samples,): that of all runs.
        first : int
            Number of the tile's first sample.
        """
        if first not in self._tiles:
            with self._memory.beside():
                found = self._there.advance(np.stack([load_q] * len(self._states)), first)
                self._there.fetch()
            each = zip(found, map(_copy, self._states), strict=True)
            self._tiles[first] = _Tile(load_q, dict(enumerate(each)))
        tile = self._tiles[first]
        assert np.array_equal(tile.load_q, load_q)
        taken = tile.waiting.pop(run)
        if not tile.waiting:
            del self._tiles[first]
        return taken


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


def share_storage(sites: list[Site], number: int) -> None:
    """Let the storage of runs advance together, wherever it can.

    Parameters
    ----------
    sites : list of Site
        Of runs that see the same load from here on, all at the same sample.
    number : int
        Of the GPU.
    """
    groups: list[list[Site]] = []
    for site in sites:
        # With supply of its own at the site, a run's storage sees another load.
        if site.onsite is None and isinstance(site.storage, CudaSiteStorage):
            fitting = (group for group in groups if len(group) < AT_ONCE and _fits(group[0], site))
            group = next(fitting, None)
            if group is None:
                groups.append([site])
            else:
                group.append(site)
    for group in groups:
        storages = [site.storage for site in group if site.storage is not None]
        if len(storages) > 1:
            together = StorageTogether(storages, number)
            for run, (site, own) in enumerate(zip(group, storages, strict=True)):
                site.storage = SharedStorage(own, together, run)


def _fits(one: Site, other: Site) -> bool:
    assert one.storage is not None
    assert other.storage is not None
    return difference(one.storage.stage, other.storage.stage) is None


def _copy(state: State) -> State:
    return State._make(type(table)._make(np.array(c) for c in table) for table in state)
