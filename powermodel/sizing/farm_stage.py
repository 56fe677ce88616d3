# SPDX-License-Identifier: Apache-2.0
"""The storage stage of a scenario, run on a load that is kept in memory."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from powermodel.scenario import Scenario
from powermodel.simulation.storage import storage_stage
from powermodel.sizing.measuring import FarmRun, Load
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.storage.driver import Outputs, State

INVERTER, WINDOW, CELL = "inverter power", "SoC window", "cell current or voltage"
"""What can hold a farm back."""

_AT_EDGE = 1e-3
"""A unit this near to an end of the window is at it: it is cut back before it gets there."""

_AT_RATING = 0.995
"""A power this near to the rating is at it: the lag of the inverters approaches what is asked."""


class Stage(Protocol):
    """What `powermodel_kernels.storage.site.StorageSite` is used as."""

    def initial(self) -> State:
        """Return the state at the beginning of a run."""

    def advance(self, state: State, load_q: NDArray[np.int64], first_sample: int) -> Outputs:
        """Advance the state, in place, over a stretch of samples."""


def run_farm(scenario: Scenario, load: Load, seed: int) -> FarmRun:
    """Run the storage of a scenario on a load, as a run of the scenario with that seed would.

    Parameters
    ----------
    scenario : Scenario
        With a storage.
    load : Load
        Of the site, at the scenario's step.
    seed : int
        Of the run: it tells how the units differ.
    """
    storage, dt_s = scenario.storage, scenario.time.dt
    assert storage is not None
    stage = storage_stage(storage, dt_s, seed)
    return run_stage(stage, load, dt_s, storage.power_w, storage.soc_window)


def in_quanta(load: Load) -> NDArray[np.int64]:
    """Return a load as the storage stage takes it."""
    return np.rint(load.power_w * QUANTA_PER_W).astype(np.int64)


def run_stage(
    stage: Stage, load: Load, dt_s: float, rated_w: float, soc_window: tuple[float, float]
) -> FarmRun:
    """Run a storage stage on a whole load.

    Parameters
    ----------
    stage : Stage
        At its beginning.
    load : Load
        Of the site.
    dt_s : float
        Time between samples [s].
    rated_w : float
        Rating of all units together [W]: what a command above it is held back by.
    soc_window : tuple of float
        Ends of the state of charge.
    """
    return as_run(stage.advance(stage.initial(), in_quanta(load), 0), dt_s, rated_w, soc_window)


def as_run(out: Outputs, dt_s: float, rated_w: float, soc_window: tuple[float, float]) -> FarmRun:
    """Return what a storage stage gave, in the units of a search; parameters as of `run_stage`."""
    return FarmRun(
        power_w=out.power_q / QUANTA_PER_W,
        soc=out.soc_mean.astype(np.float64),
        loss_j=float(out.loss_q.sum()) / QUANTA_PER_W * dt_s,
        limited=reasons(out, rated_w, soc_window),
    )


def reasons(
    out: Outputs, rated_w: float, soc_window: tuple[float, float]
) -> dict[str, NDArray[np.bool_]]:
    """Return the samples in which each limit held the farm back.

    A command or a power at the rating or above is put down to the inverters, whether or not their
    overload met it: some laws ask for no more than they were told can be had.
    A sample in which some unit could not do what its inverter asked is put down to the window where
    a unit stands at its end, else to the cells.
    """
    low, high = soc_window
    at_edge = (out.soc_min <= low + _AT_EDGE) | (out.soc_max >= high - _AT_EDGE)
    most = np.maximum(np.abs(out.command_q), np.abs(out.power_q))
    inverter = most >= _AT_RATING * rated_w * QUANTA_PER_W
    window = (out.limited > 0) & at_edge
    cell = (out.limited > 0) & ~at_edge
    return {INVERTER: inverter, WINDOW: window, CELL: cell}
