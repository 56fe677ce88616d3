# SPDX-License-Identifier: Apache-2.0
"""Storage of one or many runs on a GPU: what stays there, what goes there and what comes back."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.control.none import none as control_law
from powermodel_kernels.cuda.compiler import launch, with_law
from powermodel_kernels.cuda.farm import THREADS, site_steps
from powermodel_kernels.cuda.memory import Memory, Pack, put_tables
from powermodel_kernels.storage.driver import Outputs, State, outputs
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.storage.tables import Curves, Units
from powermodel_kernels.tables import I64

_OF_RUN = ("total", "limits")
"""Columns of ``Units`` that a run has once, not each of its units."""
_OF_UNIT = ("resistance", "per_coulomb", "to_ampere")
"""Columns of ``Curves`` that each unit has."""
_WARP = 32


class _Fixed(NamedTuple):
    """What runs do not change, apart from curves."""

    parameters: Any
    """Of the controller of each run."""
    first_main: Any
    """Where the units of each run begin, and the end of the last."""
    first_fast: Any


class _Around(NamedTuple):
    """What a run is told that has neither a forecast nor a grid of its own."""

    forecast: Any
    frequency: Any


class CudaStorage:
    """The storage of runs that advance together, a block of a GPU each.

    They may differ in load, in how many units they have and how these differ, in outages, charge
    and parameters of the controller; unit, step, delays and control law are those of the first.

    Parameters
    ----------
    sites
        Of each run.
    states
        Of each run: where it begins. Brought up to date by ``fetch``.
    memory
        Of the device.

    Raises
    ------
    ValueError
        If these runs cannot advance together, or not on a GPU.
    """

    def __init__(self, sites: list[StorageSite], states: list[State], memory: Memory) -> None:
        for site in sites:
            problem = site.needs_cpu or difference(sites[0], site)
            if problem is not None:
                raise ValueError(problem)
        self._sites, self._states, self._memory = sites, states, memory
        self._kernel = with_law(site_steps, control_law, sites[0].control.law)
        self._first = [_bounds([s.farms[i].units for s in sites]) for i in range(2)]
        curves = [_curves([s.tables[i][1] for s in sites], self._first[i]) for i in range(2)]
        fixed = _Fixed(np.stack([s.control.parameters for s in sites]), *self._first)
        (*self._curves, self._fixed), _ = put_tables(memory, [*curves, fixed])
        self._around: dict[tuple[int, ...], _Around] = {}
        self.put()

    def put(self) -> None:
        """Send the states to the device: after they were changed here."""
        states = self._states
        farms = [s.main for s in states], [s.fast for s in states]
        rows = [s.memory for s in states], [s.links for s in states]
        tables, self._changing = put_tables(
            self._memory, [*(_units(farm) for farm in farms), *(_rows(row) for row in rows)]
        )
        self._units, (self._memories, self._links) = tables[:2], tables[2:]

    def advance(self, load_q: I64, first_sample: int) -> list[Outputs]:
        """Take all runs through a stretch of samples.

        Parameters
        ----------
        load_q
            Load of each run's site, quanta, int64 (runs, samples).
        first_sample
            Number of the first sample since time zero.

        Returns
        -------
        list of Outputs
            Of each run.
        """
        out = self.room(load_q.shape)
        arguments = self.arguments(load_q, first_sample, out)
        launch(self._kernel, len(self._sites), self._threads(), *arguments)
        columns = self._memory.fetch_all(out)
        return [Outputs(*(column[run] for column in columns)) for run in range(len(self._sites))]

    def room(self, shape: tuple[int, ...]) -> Pack:
        """Return room on the device for the outputs of so many (runs, samples)."""
        kinds = [column.dtype for column in outputs(0)]
        return self._memory.zeros_all([shape] * len(kinds), kinds)

    def arguments(self, load_q: I64, first_sample: int, out: Pack) -> tuple[Any, ...]:
        """Return the arguments of the kernel; the last takes the outputs."""
        site, fixed, around = self._sites[0], self._fixed, self._told(load_q.shape)
        first = (fixed.first_main, fixed.first_fast)
        main, fast = (
            (site.tables[i][0], self._curves[i], self._units[i], first[i]) for i in range(2)
        )
        return (
            self._memory.put(load_q), *around, np.int64(first_sample), site.timing,
            np.int64(site.known_samples), fixed.parameters, self._memories, self._links, main, fast,
            Outputs(*out.arrays),
        )  # fmt: skip

    def _told(self, shape: tuple[int, ...]) -> _Around:
        """Return a forecast of nothing, and the nominal frequency."""
        if shape not in self._around:
            nominal = np.full(shape, self._sites[0].timing.nominal_hz, np.float32)
            (self._around[shape],), _ = put_tables(
                self._memory, [_Around(np.zeros(shape, np.int64), nominal)]
            )
        return self._around[shape]

    def _threads(self) -> int:
        """Return a thread for each unit of the largest farm, in whole warps, within bounds."""
        most = max(int(np.diff(first).max()) for first in self._first)
        return min(THREADS, max(_WARP, -(-most // _WARP) * _WARP))

    def fetch(self) -> None:
        """Bring the states of all runs here up to date."""
        columns = iter(self._memory.fetch_all(self._changing))
        for i, first in enumerate(self._first):
            for name in Units._fields:
                found = next(columns)
                for run, state in enumerate(self._states):
                    rows = run if name in _OF_RUN else slice(first[run], first[run + 1])
                    getattr(state[i], name)[...] = found[rows]
        for name, there in (("memory", self._memories), ("links", self._links)):
            for field in there._fields:
                found = next(columns)
                for run, state in enumerate(self._states):
                    into = getattr(getattr(state, name), field)
                    into[...] = found[run, : into.size]


def difference(one: StorageSite, other: StorageSite) -> str | None:
    """Return why two runs cannot advance together; None if they can."""
    same = {
        "the step and the periods": one.timing == other.timing,
        "the delays": one.delays == other.delays,
        "the control law": one.control.law is other.control.law,
        "the unit": one.tables[0][0] == other.tables[0][0],
        "the fast unit": one.tables[1][0] == other.tables[1][0],
    }
    wrong = [what for what, is_same in same.items() if not is_same]
    return f"runs that advance together share {wrong[0]}" if wrong else None


def _bounds(counts: list[int]) -> I64:
    """Return where the units of each run begin, and the end of the last."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)


def _units(farms: list[Units]) -> Units:
    return Units(**{
        name: (np.stack if name in _OF_RUN else np.concatenate)([getattr(f, name) for f in farms])
        for name in Units._fields
    })  # fmt: skip


def _curves(farms: list[Curves], first: I64) -> Curves:
    outages = [farm.outages.copy() for farm in farms]
    for rows, begin in zip(outages, first[:-1], strict=True):
        rows[:, :2] += begin
    of_unit: dict[str, Any] = {
        name: np.concatenate([getattr(farm, name) for farm in farms]) for name in _OF_UNIT
    }
    return farms[0]._replace(**of_unit, outages=np.concatenate(outages))


def _rows(tables: list[Any]) -> Any:
    """Return tables as one, with a row for each; a column of no items has one that is not used."""
    columns = zip(*tables, strict=True)
    return type(tables[0])(*(np.stack(column) for column in columns))
