# SPDX-License-Identifier: Apache-2.0
"""The mains frequency that a run was simulated for, held against the one that is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.indicators.inputs import IndicatorError

if TYPE_CHECKING:
    from powermodel.indicators.series import Labelled


def nominal_hz(labelled: Labelled) -> float | None:
    """Return the nominal frequency [Hz] of what feeds a run.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A run names it in its scenario, under ``supply``.

    Returns
    -------
    float or None
        None for a power without a scenario, a scenario without a supply, and one that this
        version cannot read.
    """
    import yaml
    from pydantic import ValidationError

    from powermodel.scenario.supply import Supply

    try:
        written = yaml.safe_load(str(labelled.attrs.get("scenario", "{}")))
        supply = written.get("supply") if isinstance(written, dict) else None
        return None if supply is None else Supply.model_validate(supply).nominal_frequency
    except (yaml.YAMLError, ValidationError):
        return None


def check_mains(labelled: Labelled, mains_hz: float | None) -> None:
    """Refuse to call a run of 60 Hz one of 50 Hz, and the reverse.

    Parameters
    ----------
    labelled : DataArray, Dataset or DataTree
        A run, or a power over time, which fits any mains.
    mains_hz : float, optional
        What is asked for [Hz]; None for nothing.
    """
    own_hz = None if mains_hz is None else nominal_hz(labelled)
    if own_hz is not None and own_hz != mains_hz:
        raise IndicatorError(
            f"the supply of this run is one of {own_hz:g} Hz, asked for {mains_hz:g} Hz",
            where="mains",
            hint=f"take {own_hz:g} Hz, or simulate the site for {mains_hz:g} Hz",
        )
