# SPDX-License-Identifier: Apache-2.0
"""The storage of a site: its units and controller as the kernels run them, tile after tile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import PlanError
from powermodel.scenario import Scenario
from powermodel.scenario.storage import Storage
from powermodel.simulation.farm import ages, farm_of
from powermodel.units import format_s
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.storage.driver import Outputs, State
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.storage.summary import Summary
from powermodel_kernels.storage.wear import Wear

FloatArray = NDArray[np.float64]
_MAIN, _FAST = 0, 1
_DEVICES = ("storage", "fast_storage")


class SiteStorage:
    """The storage between a site's load and its POI, with what it remembers.

    Parameters
    ----------
    scenario : Scenario
        With storage.
    dt_s : float
        The step, s.
    """

    def __init__(self, scenario: Scenario, dt_s: float) -> None:
        assert scenario.storage is not None
        self.stage = storage_stage(scenario.storage, dt_s, scenario.seed)
        self._state = self.stage.initial()

    @property
    def now(self) -> State:
        """What the storage remembers, as the kernels keep it; not to be changed."""
        return self._state

    def tile(self, first: int, load_w: FloatArray, out: Mapping[str, NDArray]) -> FloatArray:
        """Take the storage through a tile.

        Parameters
        ----------
        first : int
            Number of the tile's first sample.
        load_w : ndarray
            Load before the storage, W.
        out : mapping
            Where to put the storage's own series, those that the run keeps.

        Returns
        -------
        ndarray
            Power at the POI, W.
        """
        found = self._advance(in_quanta(load_w), first)
        power_w: FloatArray = found.power_q / QUANTA_PER_W
        series = {
            "storage/power": power_w,
            "storage/command": found.command_q / QUANTA_PER_W,
            "storage/loss": found.loss_q / QUANTA_PER_W,
            "storage/soc": found.soc_mean,
            "storage/soc_min": found.soc_min,
            "storage/soc_max": found.soc_max,
            "fast_storage/power": found.fast_power_q / QUANTA_PER_W,
            "fast_storage/soc": found.fast_soc,
        }
        for path, values in series.items():
            if path in out:
                out[path][:] = values
        return load_w - power_w

    def _advance(self, load_q: NDArray[np.int64], first: int) -> Outputs:
        return self.stage.advance(self._state, load_q, first)

    def account(self, out: Mapping[str, NDArray], place: int) -> None:
        """Put down what each device has done so far, see `schema.ACCOUNTS`.

        Parameters
        ----------
        out : mapping
            Where to put it: an array of the instants of the block for each variable.
        place : int
            Which of the instants this is.
        """
        done = zip(
            _DEVICES, self.stage.summaries(self._state), self.stage.wears(self._state), strict=True
        )
        for device, summary, wear in done:
            for group, values in (("account", _energies(summary)), ("ageing", _fades(wear))):
                for name, value in values.items():
                    path = f"{device}_{group}/{name}"
                    if path in out:
                        out[path][place] = value

    def state(self) -> dict[str, np.ndarray]:
        """Return what the storage remembers."""
        return {
            f"storage/{group}/{name}": np.array(values)
            for group, columns in self._state._asdict().items()
            for name, values in columns._asdict().items()
        }

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Take what ``state`` returned."""
        for group, columns in self._state._asdict().items():
            for name, values in columns._asdict().items():
                values[...] = state[f"storage/{group}/{name}"]


def in_quanta(load_w: FloatArray) -> NDArray[np.int64]:
    """Return a load as the kernels count it."""
    return np.rint(load_w * QUANTA_PER_W).astype(np.int64)


def storage_parts(scenario: Scenario) -> dict[str, bool]:
    """Return which groups of the store a scenario's storage fills."""
    storage = scenario.storage
    fast = storage.fast if storage is not None else None
    return {
        "storage": storage is not None,
        "storage_account": storage is not None,
        "storage_ageing": storage is not None and ages(storage),
        "fast_storage": fast is not None,
        "fast_storage_account": fast is not None,
        "fast_storage_ageing": fast is not None and ages(fast),
    }


def _energies(done: Summary) -> dict[str, float]:
    return {
        "discharged": done.discharged_j,
        "charged": done.charged_j,
        "cell_heat": done.cell_heat_j,
        "inverter_loss": done.inverter_loss_j,
        "standby": done.standby_j,
        "stored": done.stored_j,
        "full_cycles": done.full_cycles,
        "full_cycles_most": done.full_cycles_most,
        "cycles": done.cycles,
        "rainflow_full_cycles": done.rainflow_full_cycles,
    }


def _fades(found: Wear | None) -> dict[str, float]:
    return {} if found is None else asdict(found)


def storage_stage(storage: Storage, dt_s: float, seed: int) -> StorageSite:
    """Return the stage that runs a scenario's storage on a load.

    Raises
    ------
    PlanError
        If the kernels cannot run it at this step.
    """
    lag = storage.latency
    main = farm_of(storage, lag.inverter_delay, storage.inverter_lag_s, seed, _MAIN)
    fast = None
    if storage.fast is not None:
        own = storage.fast
        fast = farm_of(own, own.latency.inverter_delay, own.inverter_lag_s, seed, _FAST)
    try:
        return StorageSite(main, fast, storage.kernel_control(), dt_s)
    except ValueError as error:
        raise PlanError(
            str(error), where="storage", hint=f"the run's step is {format_s(dt_s)}"
        ) from None
