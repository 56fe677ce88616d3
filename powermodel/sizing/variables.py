# SPDX-License-Identifier: Apache-2.0
"""What a sizing gives as labelled data: one record per variable."""

from __future__ import annotations

from powermodel.schema import SIGN_CONVENTION, Variable


def _front(name: str, long_name: str, units: str = "1", comment: str | None = None) -> Variable:
    return Variable(f"front/{name}", ("setting",), "float64", long_name, units, comment=comment)


def _latency(name: str, long_name: str, units: str = "1", comment: str | None = None) -> Variable:
    path = f"latency/{name}"
    return Variable(path, ("latency",), "float64", long_name, units, comment=comment)


_BURNT = "Drawn at the accelerators, over the load's energy at the POI, of the worst seed."
_WORST = "Of the seed with the smallest margin, over the whole run, its start included."

FRONT: tuple[Variable, ...] = (
    _front("units", "Units that keep every limit", comment="NaN where no number of them does."),
    _front("units_low", "Units that the easiest seed needs"),
    _front("units_high", "Units that the hardest seed needs"),
    _front("power", "Rated power of these units", "W"),
    _front("energy", "Rated energy of these units", "J"),
    _front("power_used", "Largest magnitude of the farm's power", "W", _WORST),
    _front("energy_used", "Largest minus smallest energy given by the farm", "J", _WORST),
    _front("soc_swing", "Largest minus smallest state of charge", comment=_WORST),
    _front("soc_drift", "State of charge at the end minus at the start", comment=_WORST),
    _front("burnt", "Energy drawn only to be smooth over the energy of the load", comment=_BURNT),
    _front("loss", "Losses of farm and rack stores over the energy of the load", comment=_WORST),
    _front("margin", "Smallest margin of all limits and seeds, as a share of the limit"),
    _front("latency_allowed", "Largest pure delay under which these units keep the limits", "s"),
    _front("on_front", "1 where no other setting is cheaper in something and dearer in nothing"),
)

LATENCY: tuple[Variable, ...] = (
    _latency("margin", "Smallest margin of all limits and seeds, as a share of the limit"),
    _latency("variation", "Standard deviation of the POI power over that of the load"),
    _latency("line_ratio", "Amplitude at the load's strongest line, POI over load"),
)


def _series(name: str, long_name: str, units: str) -> Variable:
    comment = SIGN_CONVENTION if units == "W" else None
    return Variable(
        f"series/{name}",
        ("time",),
        "float64",
        long_name,
        units,
        cell_methods="time: point",
        comment=comment,
    )


SERIES: tuple[Variable, ...] = (
    _series("before", "Load as the scenario is without any of what is searched", "W"),
    _series("load", "Load with the setting's floor and rack store", "W"),
    _series("poi", "Power at the POI with the setting's farm", "W"),
    _series("storage", "Power of the farm at its AC terminals", "W"),
    _series("soc", "State of charge of the farm, mean of its units", "1"),
)
