# SPDX-License-Identifier: Apache-2.0
"""Whether an island is stable, and a step fine enough, before anything runs.

The island is linearised about rest, limits inactive and without dead bands, in float64, and the
eigenvalues of its state matrix are taken (P. Kundur, Power System Stability and Control (1994),
section 12.1). Units that are alike are taken together; the modes in which they would move against
each other, at constant speed, are looked at as well.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.laws.governor import gast_margin
from powermodel_kernels.supply.machines import Gast, Ggov1, IslandSetup, Unit

Vector = NDArray[np.float64]

_QUICKEST_S = 1e-4
"""Lags shorter than this are linearised as this long: they decide nothing at 1 ms."""

_OSCILLATION = 0.2
"""Largest angle, rad, by which a mode may turn in a step: keeps its amplitude within 1 %."""

_DECAY = 1.0
"""Largest decay per step: beyond, the coupling of machines and speed is no longer followed."""


class Stability(NamedTuple):
    """What the eigenvalues say."""

    eigenvalues: NDArray[np.complex128]
    """1/s, least damped first."""
    stable: bool
    frequency_hz: float
    """Of the least damped oscillation; 0 without one."""
    damping: float
    """Its damping ratio; 1 without an oscillation."""
    mode: complex
    """Eigenvalue of the least damped oscillation, or the slowest where there is none, 1/s."""
    margin: float
    """Closed form of an island of equal GAST units without damping, 1/s; NaN elsewhere."""

    def describe(self) -> str:
        """Say in a sentence what was found."""
        closed = (
            f"; the closed form (T1 + T2)/(T1 T2) - 1/(2 H R) is {self.margin:.3g} 1/s and must be "
            "positive"
            if math.isfinite(self.margin)
            else ""
        )
        return (
            f"the governor set is {'stable' if self.stable else 'unstable'}: its least damped mode "
            f"is {self.frequency_hz:.3g} Hz with a damping ratio of {self.damping:.3g} "
            f"(eigenvalue {self.mode.real:.3g} {self.mode.imag:+.3g}j 1/s){closed}"
        )


def state_matrix(setup: IslandSetup, frozen: bool = False) -> NDArray[np.float64]:
    """Return the state matrix of the island, 1/s.

    Parameters
    ----------
    setup
        The island.
    frozen
        Whether speed is held: for modes of units against each other.
    """
    groups = _groups(setup)
    sizes = [_size(unit) for unit, _ in groups]
    size = 2 + sum(sizes)
    columns = [_derivative(setup, groups, sizes, frozen, unit) for unit in np.eye(size)]
    matrix = np.stack(columns, axis=1)
    return matrix[2:, 2:] if frozen else matrix


def stability(setup: IslandSetup) -> Stability:
    """Return what the eigenvalues of an island say."""
    matrix = state_matrix(setup)
    if setup.restore_rate == 0.0:
        matrix = np.delete(np.delete(matrix, 1, 0), 1, 1)
    found = np.concatenate(
        [np.linalg.eigvals(matrix), np.linalg.eigvals(state_matrix(setup, frozen=True))]
    ).astype(np.complex128)
    found = found[np.argsort(-found.real, kind="stable")]
    swings = found[np.abs(found.imag) > 1e-9]
    worst = swings[np.argmax(swings.real / np.abs(swings))] if swings.size else None
    return Stability(
        found,
        bool(found.real.max() < 0.0),
        0.0 if worst is None else float(abs(worst.imag)) / (2.0 * math.pi),
        1.0 if worst is None else float(-worst.real / abs(worst)),
        complex(found[0] if worst is None else worst),
        _closed_form(setup),
    )


def check_stability(setup: IslandSetup, allow_unstable: bool = False) -> Stability:
    """Return what the eigenvalues say, and refuse an unstable island unless it is wanted.

    Raises
    ------
    ValueError
        With the mode and, for equal GAST units, the criterion.
    """
    found = stability(setup)
    if not (found.stable or allow_unstable):
        raise ValueError(
            f"{found.describe()}. A battery does not cure it. Choose other governor settings, more "
            "inertia, or allow_unstable to see the limit cycle"
        )
    return found


def check_step(setup: IslandSetup, dt_s: float) -> None:
    """Refuse a step at which the coupling of machines and speed would not be followed.

    Lags alone are stepped exactly at any dt; what a step must resolve are the modes.

    Raises
    ------
    ValueError
        With the largest step that would do.
    """
    matrix = state_matrix(setup)
    # Speed itself is not stepped exactly: what it does alone must be resolved too.
    own = np.abs(np.diag(matrix))[2:]
    found = np.linalg.eigvals(matrix)
    swings = found[np.abs(found.imag) > 1e-6 * np.abs(found) + 1e-12]
    turning = float(np.abs(swings).max()) if swings.size else 0.0
    coupled = _coupled(found, own)
    limit = min(_OSCILLATION / max(turning, 1e-12), _DECAY / max(coupled, 1e-12))
    if dt_s > limit:
        raise ValueError(
            f"a step of {1e3 * dt_s:g} ms is too coarse for this island, whose fastest mode turns "
            f"with {turning / (2 * math.pi):.3g} Hz: use at most {1e3 * limit:.3g} ms"
        )


def _coupled(found: NDArray[Any], own: Vector) -> float:
    """Return the quickest real eigenvalue that is not simply one element's own lag."""
    real = np.abs(found[np.abs(found.imag) <= 1e-6 * np.abs(found) + 1e-12])
    alone = [np.any(np.abs(own - x) <= 0.5 * x) for x in real]
    rest = real[~np.array(alone, bool)] if real.size else real
    return float(rest.max()) if rest.size else 0.0


def _groups(setup: IslandSetup) -> list[tuple[Unit, float]]:
    """Return one unit of each sort, and the base of all of that sort, VA."""
    found: dict[tuple[Any, float], tuple[Unit, float]] = {}
    for unit in setup.units:
        key = (unit.governor, unit.inertia_s)
        first, base = found.get(key, (unit, 0.0))
        found[key] = (first, base + unit.base_va)
    return list(found.values())


def _size(unit: Unit) -> int:
    return 2 if isinstance(unit.governor, Gast) else 5


def _derivative(
    setup: IslandSetup,
    groups: list[tuple[Unit, float]],
    sizes: list[int],
    frozen: bool,
    x: Vector,
) -> Vector:
    """Return dx/dt of (speed, restoring reference, the groups' states), per unit."""
    starts = np.cumsum([2, *sizes])[:-1]
    parts = [x[a : a + n] for a, n in zip(starts, sizes, strict=True)]
    speed, restore = float(x[0]), float(x[1])
    powers = [_power(unit, part, speed) for (unit, _), part in zip(groups, parts, strict=True)]
    total = sum(base * p for (_, base), p in zip(groups, powers, strict=True)) / setup.base_va
    inertia = 2.0 * setup.stored_j / setup.base_va
    rate = 0.0 if frozen else (total - setup.load_damping * speed) / inertia
    out = [np.array([rate, -setup.restore_rate * speed])]
    for (unit, _), part, power in zip(groups, parts, powers, strict=True):
        electrical = power - 2.0 * unit.inertia_s * rate
        law: Callable[..., Vector] = _gast if isinstance(unit.governor, Gast) else _ggov1
        out.append(law(unit.governor, part, speed, restore, electrical))
    return np.concatenate(out)


def _power(unit: Unit, x: Vector, speed: float) -> float:
    g = unit.governor
    if isinstance(g, Gast):
        return float(x[1]) - g.turbine_damping * speed
    share = g.turbine_lead_s / max(g.turbine_lag_s, _QUICKEST_S)
    return float(x[4] + share * (g.turbine_gain * x[3] - x[4]))


def _gast(g: Gast, x: Vector, speed: float, restore: float, _electrical: float) -> Vector:
    valve = (restore - speed / g.droop - x[0]) / max(g.valve_s, _QUICKEST_S)
    return np.array([valve, (x[0] - x[1]) / max(g.turbine_s, _QUICKEST_S)])


def _ggov1(g: Ggov1, x: Vector, speed: float, restore: float, electrical: float) -> Vector:
    """Return the rates of measured power, integral, derivative, valve and turbine."""
    error = g.droop * (restore - x[0]) - speed
    rate_s = max(g.derivative_s, _QUICKEST_S)
    fuel = g.proportional * error + x[1] + g.derivative / rate_s * (error - x[2])
    return np.array([
        (electrical - x[0]) / max(g.power_s, _QUICKEST_S),
        g.integral * error,
        (error - x[2]) / rate_s,
        (fuel - x[3]) / max(g.actuator_s, _QUICKEST_S),
        (g.turbine_gain * x[3] - x[4]) / max(g.turbine_lag_s, _QUICKEST_S),
    ])  # fmt: skip


def _closed_form(setup: IslandSetup) -> float:
    groups = _groups(setup)
    governor = groups[0][0].governor
    if len(groups) > 1 or not isinstance(governor, Gast) or min(
        governor.valve_s, governor.turbine_s
    ) <= 0.0 or setup.load_damping or governor.turbine_damping:  # fmt: skip
        return math.nan
    inertia_s = setup.stored_j / setup.base_va
    return gast_margin(governor.valve_s, governor.turbine_s, governor.droop, inertia_s)
