# SPDX-License-Identifier: Apache-2.0
"""The load of a run that is already there, in place of the fleet: for other storage or supply."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from powermodel.errors import PlanError
from powermodel.planning import Plan, whole_ticks
from powermodel.store import open_run
from powermodel_kernels.constants import TICKS_PER_S


class StoredLoad:
    """Power of a site before its storage, read from a store as it is needed.

    Parameters
    ----------
    path : path-like
        A run, of any scenario.

    Raises
    ------
    StoreError
        If there is no such run.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        tree = open_run(path)
        self._dt_s = float(tree.attrs["dt_s"])
        source = "load/power" if "load" in tree.children else "poi/power"
        self._power = tree[source].isel(run=0)
        chain = "chain" in tree.children
        self._reactive = tree["chain/reactive"].isel(run=0) if chain else None
        self.origin = f"{tree.attrs['scenario_digest']}, seed {tree.attrs['seed']}"
        """Which load it is: digest of its scenario, and its seed."""

    def check(self, plan: Plan) -> None:
        """Refuse a record that does not fit a run.

        Raises
        ------
        PlanError
            With what was expected, what came and what to do.
        """
        if whole_ticks(self._dt_s) != whole_ticks(plan.dt_s):
            raise PlanError(
                f"its step is {self._dt_s * 1e3:g} ms, that of the run {plan.dt_s * 1e3:g} ms",
                where=self._path,
                hint=f"run with --dt {self._dt_s * 1e3:g}ms",
            )
        if self._power.size < plan.samples:
            have_s = self._power.size * whole_ticks(self._dt_s) / TICKS_PER_S
            raise PlanError(
                f"it holds {have_s:g} s, and the run asks for {plan.duration_s:g} s",
                where=self._path,
                hint=f"run with --duration {have_s:g}s, or make a longer load",
            )

    def tile(self, first: int, samples: int) -> NDArray[np.float64]:
        """Return the load of some samples, W."""
        part = self._power.isel(time=slice(first, first + samples))
        return np.asarray(part.values, np.float64)

    def reactive(self, first: int, samples: int) -> NDArray[np.float32] | None:
        """Return the reactive power of some samples, var; None of a load without a chain."""
        if self._reactive is None:
            return None
        part = self._reactive.isel(time=slice(first, first + samples))
        return np.asarray(part.values, np.float32)
