# SPDX-License-Identifier: Apache-2.0
"""Where an island starts from: at rest, its load shared by what each unit can give."""

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.supply.arrays import GAST_STATES, GGOV1_STATES, Island, IslandState
from powermodel_kernels.supply.island import count_running
from powermodel_kernels.supply.machines import Ggov1, IslandSetup, Unit, unit_capability_w


def settled_state(
    setup: IslandSetup, island: Island, load_w: float, reactive_var: float | None = None
) -> IslandState:
    """Return the state at rest: nominal frequency, the load shared by what each unit can give.

    Parameters
    ----------
    setup, island
        The same island twice.
    load_w
        Load less storage and other sources, W.
    reactive_var
        Reactive power of the load, var; by default at the island's own ratio.

    Raises
    ------
    ValueError
        If the units cannot carry it, or a unit would have to run below its lowest valve.
    """
    if not 0.0 <= load_w <= setup.capability_w:
        raise ValueError(
            f"the units can give {setup.capability_w / 1e6:.1f} MW for long, but "
            f"{load_w / 1e6:.1f} MW are asked of them: add units or storage, or shed load"
        )
    units = [setup.units[i] for i in island.order]
    share = load_w / setup.capability_w
    powers = [share * unit_capability_w(u) / u.base_va for u in units]
    _check_lowest(units, powers)
    n, gast = len(units), island.gast.shape[1]
    state = IslandState(
        np.zeros((GAST_STATES, 2, gast), np.float32),
        np.zeros((GGOV1_STATES, 2, n - gast), np.float32),
        np.zeros(n - gast, np.float32),
        np.array(powers, np.float32),
        np.array(powers, np.float32),
        np.ones(n, np.int32),
        np.zeros(n, np.int32),
        np.zeros(island.shed_steps.size, np.int32),
        np.zeros(12, np.float32),
        np.zeros(1, np.int64),
        np.zeros((4, n - gast), np.float32),
    )
    state.gast[:, 0] = state.power[:gast]
    for m, unit in enumerate(units[gast:]):
        _settle_ggov1(state, m, unit.governor, powers[gast + m])
    state.generation[0] = int(np.sum((state.power * island.base).astype(np.int64)))
    if reactive_var is None:
        reactive_var = load_w * setup.reactive_ratio
    state.speed[4] = state.generation[0] / (setup.base_va * QUANTA_PER_W)
    state.speed[6] = reactive_var / setup.base_va
    count_running(island, state)
    return state


def _settle_ggov1(state: IslandState, m: int, governor: object, power: float) -> None:
    assert isinstance(governor, Ggov1)
    flow = power / governor.turbine_gain + governor.no_load_flow
    values = (power, flow, 0.0, flow, power, flow, flow, governor.valve_high, 0.0)
    state.ggov1[:, 0, m] = values
    state.fuel[m] = flow


def _check_lowest(units: list[Unit], powers: list[float]) -> None:
    for unit, power in zip(units, powers, strict=True):
        governor = unit.governor
        low = governor.valve_low
        if isinstance(governor, Ggov1):
            low = governor.turbine_gain * (governor.valve_low - governor.no_load_flow)
        if power < low:
            raise ValueError(
                f"units would have to run at {power:.3f} of their base, below the {low:.3f} of "
                "their lowest valve: run fewer units"
            )
