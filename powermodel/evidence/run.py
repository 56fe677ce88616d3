# SPDX-License-Identifier: Apache-2.0
"""What a qualification looks at: the series of one run, as plain arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from powermodel.evidence.profile import EvidenceError

Series = npt.NDArray[np.floating]


@dataclass(frozen=True, eq=False)
class EvidenceRun:
    """Series of one run at one step. Load positive; storage positive when discharging.

    Parameters
    ----------
    dt_s : float
        Time between samples [s].
    load_w, poi_w : ndarray
        Power before storage, and at the point of interconnection [W].
    it_load_w : float
        What ramps are a share of [W]: the IT load of the site.
    soc : ndarray, optional
        State of charge, 0 to 1, at the same step.
    storage_w, command_w : ndarray, optional
        Power of the storage and what was asked of it [W].
    frequency_hz : ndarray, optional
        Where something simulates it.
    nominal_hz : float
        Of the grid.
    """

    dt_s: float
    load_w: Series
    poi_w: Series
    it_load_w: float
    soc: Series | None = None
    storage_w: Series | None = None
    command_w: Series | None = None
    frequency_hz: Series | None = None
    nominal_hz: float = 60.0

    def __post_init__(self) -> None:
        if not self.dt_s > 0.0:
            raise EvidenceError(f"expected a step above 0 s, got {self.dt_s:g} s")
        if not self.it_load_w > 0.0:
            raise EvidenceError(f"expected an IT load above 0 W, got {self.it_load_w:g} W")
        for name in ("poi_w", "soc", "storage_w", "command_w", "frequency_hz"):
            series = getattr(self, name)
            if series is not None and series.shape != self.load_w.shape:
                raise EvidenceError(
                    f"expected {name} with {self.load_w.size} samples like load_w, "
                    f"got {series.size}"
                )

    @property
    def duration_s(self) -> float:
        """Length of the record [s]."""
        return self.load_w.size * self.dt_s

    @classmethod
    def of_results(cls, results: Any, it_load_w: float, *, run: int = 0) -> Self:
        """Take the series out of a run's results.

        Parameters
        ----------
        results : xarray.DataTree
            Of a run with storage.
        it_load_w : float
            What ramps are a share of [W].
        run : int
            Which run of the study.

        Raises
        ------
        EvidenceError
            If the run had no storage.
        """
        if "storage" not in results.children:
            raise EvidenceError(
                "the run has no storage", hint="run a scenario with a key 'storage'"
            )

        def series(group: str, name: str) -> Series:
            found: Series = results[group][name].isel(run=run).to_numpy()
            return found

        time_s = results["poi"]["time"].to_numpy()
        frequency = None
        if "supply" in results.children and "frequency" in results["supply"]:
            frequency = series("supply", "frequency")
        return cls(
            dt_s=float(time_s[1] - time_s[0]),
            load_w=series("load", "power"),
            poi_w=series("poi", "power"),
            it_load_w=it_load_w,
            soc=series("storage", "soc"),
            storage_w=series("storage", "power"),
            command_w=series("storage", "command"),
            frequency_hz=frequency,
        )
