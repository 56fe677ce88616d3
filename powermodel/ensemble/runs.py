# SPDX-License-Identifier: Apache-2.0
"""One run of a study: a load through storage and supply, measured, kept, and gone on with."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from powermodel.ensemble import plain
from powermodel.ensemble.grid import Place
from powermodel.ensemble.horizon import HorizonStream
from powermodel.ensemble.layout import VALUE, StudyLayout
from powermodel.ensemble.measures import OverviewStream, RunMeasures
from powermodel.ensemble.store import StudyFiles
from powermodel.planning import plan
from powermodel.simulation.blocks import Site
from powermodel.simulation.handed import HandedLoad
from powermodel.store.files import Files
from powermodel.store.trouble import explained

Series = Mapping[str, NDArray]

_log = logging.getLogger(__name__)
STATES = "progress/state/"
"""Where states are kept; nothing is left of it in a study that is whole."""


class Run:
    """One run while it is computed.

    Parameters
    ----------
    layout : StudyLayout
        Of the study.
    place : Place
        Which run.
    files : StudyFiles
        Where it is kept.
    gpu : int, optional
        Number of the GPU that computes its storage.
    """

    def __init__(
        self, layout: StudyLayout, place: Place, files: StudyFiles, gpu: int | None = None
    ) -> None:
        self.place = place
        self._files = files
        self.scenario = layout.grid.scenario_at(place)
        self._load = HandedLoad()
        self.site = Site(plan(self.scenario), 1, gpu, load=self._load)
        self._measures = RunMeasures(self.scenario, layout.study.measure)
        self._horizon = HorizonStream(layout.study, self.scenario)
        names = tuple(level.name for level in layout.levels)
        self._overview = OverviewStream(layout.run.levels(), names)
        self._levels = {level.name: f"{level.group}/poi_power" for level in layout.levels}
        self._series = layout.study.keep.series
        self._states = RunStates(files.files, place)
        self._every = max(1, round(layout.study.keep.state / self.scenario.time.block))
        self.begin = 0
        """The block that it goes on with."""

    def hand(self, first: int, load: Series) -> None:
        """Hand on the block of the load that comes next, from a sample on."""
        self._load.hand(first, load["poi/power"], load.get("chain/reactive"))

    def take(self, first: int, load: Series) -> None:
        """Take storage and supply through the block that was handed on; measure what comes out."""
        load_w = load["poi/power"]
        count = len(load_w)
        found = {**load, "load/power": load_w, **self.site.block(first, first + count)}
        self._measures.add(found)
        self._overview.add(found["poi/power"])
        self._horizon.add(found["poi/power"])
        for path in self._series:
            missing = np.full(count, np.nan)
            self._files.put(path, self.place, found.get(path, missing), first)

    def finish(self) -> None:
        """Write what is kept, and last the record that the run is whole."""
        for name, cells in self._overview.finish().items():
            self._files.put(self._levels[name], self.place, cells)
        for path, kept in self._horizon.finish().items():
            self._files.put(path, self.place, kept)
        values = [one.value for one in self._measures.indicators()]
        numbers = np.array([np.nan if value is None else value for value in values])
        self._files.put(VALUE, self.place, numbers)
        self._files.record(self.place)
        self._states.remove()

    # A run that is cut off goes on from its newest state.

    def saves_after(self, block: int, blocks: int) -> bool:
        """Whether the run notes where it is after a block, of so many."""
        return (block + 1) % self._every == 0 and block + 1 < blocks

    def save(self, block: int, load: Mapping[str, np.ndarray]) -> None:
        """Note where the run is after a block, with what its load remembers."""
        state = {
            "load": dict(load),
            "site": self.site.state(),
            "measures": self._measures.state(),
            "overview": self._overview.state(),
            "horizon": self._horizon.state(),
            "sums": self._files.sums_of(self.place),
        }
        self._states.save(block, plain.to_bytes(state))

    def resume(self) -> dict[str, np.ndarray]:
        """Take the newest state, if there is one; return what the load remembered."""
        self.begin, state = self._states.newest()
        if state is None:
            return {}
        self.site.restore(state["site"])
        self._measures.restore(state["measures"])
        self._overview.restore(state["overview"])
        self._horizon.restore(state["horizon"])
        self._files.take_sums(state["sums"])
        load: dict[str, np.ndarray] = state["load"]
        return load


class RunStates:
    """The saved states of one run of a study: the newest, beside the one before while it is made.

    Parameters
    ----------
    files : Files
        Of the store.
    place : Place
        Which run.
    """

    def __init__(self, files: Files, place: Place) -> None:
        self._files = files
        self._folder = f"{STATES}{'-'.join(map(str, place))}/"

    def save(self, block: int, data: bytes) -> None:
        """Keep the state after a block, and no older one."""
        with explained(self._files.address, "write a state"):
            self._files.write(f"{self._folder}{block}", data)
            old = (saved for saved in self._blocks() if saved != block)
            self._files.remove(f"{self._folder}{saved}" for saved in old)

    def newest(self) -> tuple[int, dict[str, Any] | None]:
        """Return the block to go on with and the state to do it with; 0 and None for none."""
        for saved in sorted(self._blocks(), reverse=True):
            try:
                return saved + 1, plain.of_bytes(self._files.read(f"{self._folder}{saved}"))
            except (ValueError, OSError):
                _log.warning("a state of run %s is damaged and not used", self._folder)
        return 0, None

    def remove(self) -> None:
        """Remove every state."""
        self._files.remove_tree(self._folder)

    def _blocks(self) -> list[int]:
        names = (key[len(self._folder) :] for key in self._files.keys(self._folder))
        return [int(name) for name in names if name.isdecimal()]
