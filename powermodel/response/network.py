# SPDX-License-Identifier: Apache-2.0
"""A site in a case of ANDES: frequency response of all machines, and its series played in."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import powermodel_datasets as facts
from powermodel.indicators.inputs import checked_power
from powermodel.response.curve import (
    DEFINITION,
    FloatArray,
    GridResponse,
    check_mains,
    check_step,
    grid_hz,
    within_band,
)
from powermodel.response.errors import ResponseError
from powermodel.response.interpreter import andes_python, ask

KIND = "grid-case"
_SWINGS = 0.2
"""Least share of machines' speeds in a mode that is one of the machines'."""
_STEP_S = 1.0 / 60.0
"""Step of a play-in, unless another is asked for: 12 steps a period at 5 Hz."""


@dataclass(frozen=True, slots=True)
class NetworkCase:
    """A case, and where the site stands in it.

    Parameters
    ----------
    case : str
        Name of a record of the kind ``grid-case``, or a file that ANDES reads.
    bus : str
        Index of the bus.
    power_factor : float, optional
        Of the site, lagging; without it, it draws no reactive power.
    mains_hz : float, optional
        Nominal frequency of the series [Hz], if known: refused unless it is that of the case.
    base_va : float, optional
        System base [VA], if known: refused unless it is that of the case.
    python : str, optional
        Interpreter that has ANDES; that in ``POWERMODEL_ANDES_PYTHON`` unless given.
    """

    case: str
    bus: str
    power_factor: float | None = None
    mains_hz: float | None = None
    base_va: float | None = None
    python: str | None = None

    def __post_init__(self) -> None:
        if self.power_factor is not None and not 0 < self.power_factor <= 1:
            raise ResponseError(
                f"expected a power factor above 0 and up to 1, got {self.power_factor:g}",
                where="power_factor",
            )

    @property
    def reactive_ratio(self) -> float:
        """Q / P of the site."""
        return 0.0 if self.power_factor is None else math.sqrt(1 / self.power_factor**2 - 1)

    @property
    def title(self) -> str:
        """What the case is."""
        known = self.case in facts.names(KIND)
        return facts.load(KIND, self.case).title if known else Path(self.case).name

    def request(self, what: str, mean_w: float, **more: Any) -> dict[str, Any]:
        """Return what ANDES is asked.

        Raises
        ------
        ResponseError
            If the case is known to be of another frequency, or is neither known nor a file.
        """
        return {
            "what": what,
            "case": self.case,
            "files": self._files(),
            "bus": self.bus,
            "mean_w": mean_w,
            "reactive_ratio": self.reactive_ratio,
            "mains_hz": self.mains_hz,
            "base_va": self.base_va,
            **more,
        }

    def _files(self) -> list[str]:
        if self.case in facts.names(KIND):
            record = facts.load(KIND, self.case)
            check_mains(record["frequency"].value, self.mains_hz, self.case)
            return record.words["file"].split()
        if not Path(self.case).is_file():
            raise ResponseError(
                f"there is no case {self.case!r}, and no such file",
                where="case",
                hint=f"there are two-area and, with ANDES, {', '.join(facts.names(KIND))}",
            )
        return [str(Path(self.case).absolute())]


def network_response(
    place: NetworkCase, mean_w: float, *, limit_s: float | None = None
) -> GridResponse:
    """Return the frequency response of every machine of a case, linearized at rest.

    The site is a load of constant power of its own; its mean is shared among the generators.

    Parameters
    ----------
    place : NetworkCase
        The case and the bus.
    mean_w : float
        Mean power of the site [W].
    limit_s : float, optional
        Time after which ANDES is ended [s].
    """
    frequency_hz = grid_hz()
    request = place.request("linear", mean_w, frequency_hz=frequency_hz.tolist())
    found, arrays = ask(andes_python(place.python), request, limit_s=limit_s)
    scale = found["mains_hz"] / found["base_va"]
    roots = arrays["eigenvalues"][arrays["speed_part"] >= _SWINGS]
    turning = [(float(s.imag) / (2 * math.pi), float(-s.real / abs(s))) for s in roots]
    return GridResponse(
        case=place.case,
        title=place.title,
        screen=False,
        place=f"bus {place.bus}",
        mains_hz=found["mains_hz"],
        machines=tuple(found["machines"]),
        inertia_s=np.array(found["inertia_s"]),
        frequency_hz=frequency_hz,
        gain_hz_w=arrays["gain"] * scale,
        modes=within_band(turning),
        parameters=_parameters(place, found, mean_w) | {"definition": DEFINITION},
    )


@dataclass(frozen=True, slots=True, eq=False)
class NetworkPlay:
    """What a case did while the series was played into it.

    Parameters
    ----------
    case, bus : str
        Where.
    machines : tuple of str
        Machines.
    inertia_s : ndarray
        Of each, on a common base [s].
    mains_hz : float
        Nominal frequency [Hz].
    time_s : ndarray
        Ends of the steps [s].
    deviation_hz : ndarray
        (steps, machines), deviation of each machine's frequency [Hz].
    voltage : ndarray
        At the bus, per unit.
    whole : bool
        Whether it came to the end.
    parameters : dict
        What else it rests on.
    """

    case: str
    bus: str
    machines: tuple[str, ...]
    inertia_s: FloatArray
    mains_hz: float
    time_s: FloatArray
    deviation_hz: FloatArray
    voltage: FloatArray
    whole: bool
    parameters: dict[str, Any]

    @property
    def center_hz(self) -> FloatArray:
        """Deviation of the center of inertia [Hz]."""
        return np.asarray(self.deviation_hz @ self.inertia_s / self.inertia_s.sum())


def play_into_network(
    place: NetworkCase,
    power_w: FloatArray,
    dt_s: float,
    *,
    step_s: float = _STEP_S,
    limit_s: float | None = None,
) -> NetworkPlay:
    """Play a power into a case by a time-domain run.

    Parameters
    ----------
    place : NetworkCase
        The case and the bus.
    power_w : ndarray
        Load at the site [W].
    dt_s : float
        Time between samples [s].
    step_s : float
        Step of the run [s]. Each takes the mean of the samples around its end; the step is rounded
        to whole samples.
    limit_s : float, optional
        Time after which ANDES is ended [s].

    Raises
    ------
    ResponseError
        If the series or the step is too coarse, the case refuses, or ANDES does not come to an end.
    """
    check_step(dt_s)
    each = max(round(step_s / dt_s), 1)
    check_step(each * dt_s)
    series = checked_power(power_w)
    mean_w = float(series.mean())
    request = place.request("play", mean_w, step_s=each * dt_s)
    load = means_around(series, each)
    found, arrays = ask(andes_python(place.python), request, load, limit_s=limit_s)
    return NetworkPlay(
        case=place.case,
        bus=place.bus,
        machines=tuple(found["machines"]),
        inertia_s=np.array(found["inertia_s"]),
        mains_hz=found["mains_hz"],
        time_s=arrays["time_s"],
        deviation_hz=arrays["speed"] * found["mains_hz"],
        voltage=arrays["voltage"],
        whole=bool(arrays["done"]),
        parameters=_parameters(place, found, mean_w) | {"step_s": each * dt_s},
    )


def means_around(power_w: FloatArray, each: int) -> FloatArray:
    """Return the mean of `each` samples around sample 0, `each`, 2 `each` ... [W].

    Without a delay; at both ends the mean is over the samples that there are.
    """
    series = np.asarray(power_w, dtype=np.float64)
    sums = np.concatenate(([0.0], np.cumsum(series)))
    middle = np.arange(0, series.size, each)
    low = np.maximum(middle - each // 2, 0)
    high = np.minimum(middle - each // 2 + each, series.size)
    return np.asarray((sums[high] - sums[low]) / (high - low))


def _parameters(place: NetworkCase, found: dict[str, Any], mean_w: float) -> dict[str, Any]:
    return {
        "andes_version": found["version"],
        "base_va": found["base_va"],
        "case_load_w": found["case_load_w"],
        "mean_w": mean_w,
        "power_factor": place.power_factor,
    }
