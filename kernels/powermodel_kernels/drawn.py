# SPDX-License-Identifier: Apache-2.0
"""Room for the durations that a timeline draws: what follows needs them again."""

from dataclasses import dataclass, field

import numpy as np

from powermodel_kernels import reused
from powermodel_kernels.constants import DRAWN_BYTES
from powermodel_kernels.tables import I32, Fleet, Programs

_PLACES = 64
"""Slots whose durations are kept, as far as they find room."""


@dataclass
class Drawn:
    """Places for the durations of some slots, taken and given back one by one."""

    durations: I32
    """See ``tables.Slots``, (places, phases, lanes)."""
    _free: list[int] = field(init=False)

    def __post_init__(self) -> None:
        self._free = list(range(len(self.durations)))

    def take(self) -> int:
        """Return a place that nobody has, or −1 where there is none."""
        return self._free.pop() if self._free else -1

    def give_back(self, place: int) -> None:
        """Let another slot have a place that ``take`` returned."""
        if place >= 0:
            self._free.append(place)


def room_for(programs: Programs, fleet: Fleet) -> Drawn:
    """Return room for as many slots of a job as ``DRAWN_BYTES`` hold."""
    phases = int(np.diff(programs.first).max())
    places = min(_PLACES, DRAWN_BYTES // (4 * phases * fleet.lanes))
    return Drawn(reused.empty((places, phases, fleet.lanes), np.int32))


def no_room() -> Drawn:
    """Return room for nothing: all is drawn again."""
    return Drawn(np.empty((0, 0, 0), np.int32))
