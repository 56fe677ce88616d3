# SPDX-License-Identifier: Apache-2.0
"""What an instrument reports: readings with their times, and what they say of the swing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from powermodel.errors import PowermodelError
from powermodel.indicators.inputs import FloatArray, checked_record


class ObserverError(PowermodelError):
    """An instrument that cannot look at this record, or that was asked for wrongly."""

    exit_code = 2


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """Readings of one instrument.

    Parameters
    ----------
    instrument : str
        Which one.
    time_s : ndarray
        When each reading is stamped, from the first sample of the record on [s].
    power_w : ndarray
        What it says [W].
    definition : str
        How a reading comes about.
    parameters : dict
        Every choice behind it.
    """

    instrument: str
    time_s: FloatArray
    power_w: FloatArray
    definition: str
    parameters: dict[str, Any] = field(default_factory=dict)

    @property
    def range_w(self) -> float:
        """Largest minus smallest reading [W]."""
        return float(np.ptp(self.power_w))

    def hidden_share(self, power_w: npt.ArrayLike) -> float:
        """Share of the swing that the readings do not show.

        Parameters
        ----------
        power_w : array_like
            The power that was looked at [W].

        Returns
        -------
        float
            One minus the range of the readings over that of the samples; 0 of a constant power.
        """
        true_w = float(np.ptp(checked_record(power_w)))
        return 0.0 if true_w == 0.0 else 1.0 - self.range_w / true_w


def comparison(
    power_w: npt.ArrayLike, observations: Iterable[Observation]
) -> list[dict[str, float | str]]:
    """Compare what instruments show of one power.

    Parameters
    ----------
    power_w : array_like
        The power that was looked at [W].
    observations : iterable of Observation
        Of that power.

    Returns
    -------
    list of dict
        Rows of instrument, readings, largest, smallest and range [W], hidden share.
    """
    return [
        {
            "instrument": seen.instrument,
            "readings": int(seen.power_w.size),
            "largest_w": float(seen.power_w.max()),
            "smallest_w": float(seen.power_w.min()),
            "range_w": seen.range_w,
            "hidden_share": seen.hidden_share(power_w),
        }
        for seen in observations
    ]


def steps_of(name: str, time_s: float, dt_s: float) -> int:
    """Count the steps of a time that an instrument is built on.

    Raises
    ------
    ObserverError
        If it is no whole number of steps, at least one.
    """
    steps = round(time_s / dt_s)
    if steps < 1 or abs(time_s / dt_s - steps) > 1e-6 * steps:
        raise ObserverError(
            f"expected a {name} of a whole number of steps of {dt_s:g} s, got {time_s:g} s",
            hint=f"choose {max(steps, 1) * dt_s:g} s, or a finer record",
        )
    return steps
