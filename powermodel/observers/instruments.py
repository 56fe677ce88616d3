# SPDX-License-Identifier: Apache-2.0
"""Instruments by name: the records of the kind ``observer``."""

from __future__ import annotations

import numpy.typing as npt

from powermodel.observers.meters import moving_means, transducer_samples
from powermodel.observers.observation import Observation, ObserverError
from powermodel_datasets import load, names

KIND = "observer"


def instrument_names() -> list[str]:
    """Return the names of the instruments that there are records of."""
    return names(KIND)


def title_of(name: str) -> str:
    """Return what an instrument is, in words."""
    return load(KIND, name).title


def observe_with(name: str, power_w: npt.ArrayLike, dt_s: float) -> Observation:
    """Look at a power with an instrument.

    Parameters
    ----------
    name : str
        Such as ``"nvml-h100"`` or ``"scada-4s"``.
    power_w : array_like
        Power samples [W].
    dt_s : float
        Time between samples [s].
    """
    if name not in instrument_names():
        raise ObserverError(
            f"unknown instrument {name!r}", hint=f"one of: {', '.join(instrument_names())}"
        )
    record = load(KIND, name)
    period_s = record["period"].value
    if record.words["instrument"] == "mean":
        return moving_means(
            power_w,
            dt_s,
            window_s=record["window"].value,
            period_s=period_s,
            instrument=name,
        )
    return transducer_samples(
        power_w, dt_s, period_s=period_s, lag_s=record["lag"].value, instrument=name
    )
