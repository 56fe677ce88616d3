# SPDX-License-Identifier: Apache-2.0
"""Storage of one or many runs on a GPU: what stays there, what goes there and what comes back."""

from __future__ import annotations

from typing import Any

import numpy as np

from powermodel_kernels.control.none import none as control_law
from powermodel_kernels.cuda.compiler import launch, with_law
from powermodel_kernels.cuda.farm import THREADS, site_steps
from powermodel_kernels.cuda.memory import Memory, put_table
from powermodel_kernels.storage.driver import Outputs, State, outputs
from powermodel_kernels.storage.site import StorageSite
from powermodel_kernels.storage.tables import Curves, Units
from powermodel_kernels.tables import I64

_OF_RUN = ("total", "limits")
"""Columns of ``Units`` that a run has once, not each of its units."""
_OF_UNIT = ("resistance", "per_coulomb", "to_ampere")
"""Columns of ``Curves`` that each unit has."""
_WARP = 32


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
            problem = site.needs_cpu or _difference(sites[0], site)
            if problem is not None:
                raise ValueError(problem)
        self._sites, self._states, self._memory = sites, states, memory
        self._kernel = with_law(site_steps, control_law, sites[0].control.law)
        self._parameters = memory.put(np.stack([s.control.parameters for s in sites]))
        self._first = [_bounds([s.farms[i].units for s in sites]) for i in range(2)]
        self._curves = [
            put_table(memory, _curves([s.tables[i][1] for s in sites], self._first[i]))
            for i in range(2)
        ]
        self._first_there = [memory.put(first) for first in self._first]
        self.put()

    def put(self) -> None:
        """Send the states to the device: after they were changed here."""
        states, memory = self._states, self._memory
        farms = [s.main for s in states], [s.fast for s in states]
        self._units = [put_table(memory, _units(farm)) for farm in farms]
        self._memories = put_table(memory, _rows([s.memory for s in states]))
        self._links = put_table(memory, _rows([s.links for s in states]))

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
        arguments = self.arguments(load_q, first_sample)
        launch(self._kernel, len(self._sites), self._threads(), *arguments)
        columns = [self._memory.fetch(column) for column in arguments[-1]]
        return [Outputs(*(column[run] for column in columns)) for run in range(len(self._sites))]

    def arguments(self, load_q: I64, first_sample: int) -> tuple[Any, ...]:
        """Return the arguments of the kernel; the last takes the outputs."""
        runs, samples = load_q.shape
        site, memory = self._sites[0], self._memory
        out = Outputs(*(memory.zeros((runs, samples), c.dtype.type) for c in outputs(0)))
        quiet = memory.zeros(load_q.shape, np.int64)
        nominal = memory.put(np.full(load_q.shape, site.timing.nominal_hz, np.float32))
        main, fast = (
            (site.tables[i][0], self._curves[i], self._units[i], self._first_there[i])
            for i in range(2)
        )
        return (
            memory.put(load_q), quiet, nominal, np.int64(first_sample), site.timing,
            np.int64(site.known_samples), self._parameters, self._memories, self._links, main, fast,
            out,
        )  # fmt: skip

    def _threads(self) -> int:
        """Return a thread for each unit of the largest farm, in whole warps, within bounds."""
        most = max(int(np.diff(first).max()) for first in self._first)
        return min(THREADS, max(_WARP, -(-most // _WARP) * _WARP))

    def fetch(self) -> None:
        """Bring the states of all runs here up to date."""
        for i, first in enumerate(self._first):
            for name, column in self._units[i]._asdict().items():
                found = self._memory.fetch(column)
                for run, state in enumerate(self._states):
                    rows = run if name in _OF_RUN else slice(first[run], first[run + 1])
                    getattr(state[i], name)[...] = found[rows]
        for there, name in ((self._memories, "memory"), (self._links, "links")):
            for field, column in there._asdict().items():
                found = self._memory.fetch(column)
                for run, state in enumerate(self._states):
                    into = getattr(getattr(state, name), field)
                    into[...] = found[run, : into.size]


def _difference(one: StorageSite, other: StorageSite) -> str | None:
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
