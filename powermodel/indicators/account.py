# SPDX-License-Identifier: Apache-2.0
"""What each device of the storage has done by the end of a run: losses, cycles, ageing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from powermodel.indicators.indicator import Indicator
from powermodel.schema.account import VALID

if TYPE_CHECKING:
    import xarray as xr

_DEVICES = {
    "storage": ("farm", "the farm"),
    "fast_storage": ("fast_storage", "the fast device"),
}
"""Group of the store: name in an indicator, and in words."""

_BASIS = "law of one LFP cell (H), for other cells an estimate (L)"
_NO_LAW = "no law of ageing is known for its cell"


def account(tree: xr.DataTree) -> list[Indicator]:
    """Return what each device has done since the start of the run; empty for a run without any.

    Parameters
    ----------
    tree : DataTree
        A run, with the accounts of its devices.
    """
    found: list[Indicator] = []
    for group, (name, words) in _DEVICES.items():
        if f"{group}_account" not in tree.children:
            continue
        now = _last(tree, f"{group}_account")
        found += [*_energies(name, words, now), *_cycles(name, words, now)]
        ageing = f"{group}_ageing"
        found += _ageing(name, words, _last(tree, ageing) if ageing in tree.children else None)
    return found


def _last(tree: xr.DataTree, group: str) -> Mapping[str, float]:
    """Return the values at the last instant."""
    last: Any = tree[group].to_dataset().isel(time=-1)
    return {str(name): float(values.values.reshape(-1)[0]) for name, values in last.items()}


def _energies(name: str, words: str, now: Mapping[str, float]) -> Iterator[Indicator]:
    throughput_j = now["discharged"] + now["charged"]
    loss_j = now["cell_heat"] + now["inverter_loss"] + now["standby"]
    yield Indicator(
        f"{name}_throughput", throughput_j, "J",
        f"energy that {words} discharged and charged, at its inverters' terminals",
    )  # fmt: skip
    for part, what in (
        ("cell_heat", "heat in the cells"),
        ("inverter_loss", "losses of the inverters"),
        ("standby", "auxiliary energy"),
    ):
        yield Indicator(f"{name}_{part}", now[part], "J", f"{what} of {words}")
    yield _ratio(
        f"{name}_loss_per_throughput", loss_j, throughput_j,
        f"cell heat, inverter loss and auxiliary energy of {words}, divided by {name}_throughput",
    )  # fmt: skip
    yield _ratio(
        f"{name}_loss_per_charged", loss_j, now["charged"],
        f"the same losses divided by the energy that {words} charged",
    )  # fmt: skip


def _cycles(name: str, words: str, now: Mapping[str, float]) -> Iterator[Indicator]:
    yield Indicator(
        f"{name}_full_cycles[throughput]", now["full_cycles"], "1",
        "charge moved in both directions divided by twice the capacity, mean of the units",
        {"busiest_unit": now["full_cycles_most"]},
    )  # fmt: skip
    yield Indicator(
        f"{name}_full_cycles[rainflow]", now["rainflow_full_cycles"], "1",
        "sum of the depths of the cycles that have closed, mean of the units; what is more by"
        " throughput moved in cycles that are still open",
        {"count": "four points (ASTM E1049-85)"},
    )  # fmt: skip
    yield Indicator(
        f"{name}_cycles", now["cycles"], "1",
        f"closed cycles of any depth by rainflow, mean of the units of {words}",
    )  # fmt: skip
    yield _ratio(
        f"{name}_cycle_depth", now["rainflow_full_cycles"], now["cycles"],
        f"mean depth of these cycles: {name}_full_cycles[rainflow] divided by {name}_cycles",
    )  # fmt: skip


def _ageing(name: str, words: str, now: Mapping[str, float] | None) -> Iterator[Indicator]:
    for part, key, definition in (
        ("calendar_fade", "calendar_fade", "capacity lost with time"),
        ("cycle_fade", "cycle_fade", "capacity lost with the cycles that have closed"),
        ("fade_most", "most_fade", "both, of the most aged unit"),
        ("calendar_rise", "calendar_rise", "rise of the resistance with time"),
        ("cycle_rise", "cycle_rise", "rise of the resistance with closed cycles"),
    ):
        definition = f"{definition}, of {words}, per unit of when new; {_BASIS}"
        if now is None:
            yield Indicator(f"{name}_{part}", None, "1", definition, reason=_NO_LAW)
        else:
            yield Indicator(f"{name}_{part}", now[key], "1", definition, {"valid": VALID})
    if now is not None:
        yield Indicator(
            f"{name}_cycle_fade_extrapolated", now["extrapolated"], "1",
            f"share of the square of {name}_cycle_fade from cycles shallower than any tested",
            {"valid": VALID},
        )  # fmt: skip


def _ratio(name: str, part: float, whole: float, definition: str) -> Indicator:
    if whole == 0.0:
        return Indicator(name, None, "1", definition, reason="the denominator is zero")
    return Indicator(name, part / whole, "1", definition)
