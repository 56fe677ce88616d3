# SPDX-License-Identifier: Apache-2.0
"""Two areas that swing against each other: a screen of what a load does to a grid's frequency.

Linear and small: each area is one machine with one steam governor (TGOV1), and the tie has the
frequency and damping of a known mode (``laws.swing``). There is no voltage, no excitation, no local
mode and no limit in it. The rates are written once; the state matrix is made from them, and with it
the response in frequency and the exact step in time (P. Kundur, Power System Stability and Control
(1994), section 12.1; K. Ogata, Modern Control Engineering, 5th ed., section 9-4).
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.laws.swing import Tie, mode_root, steam_governor, tie_of_mode

Vector = NDArray[np.float64]
Complex = NDArray[np.complex128]

STATES = ("speed 1", "speed 2", "angle", "valve 1", "turbine 1", "valve 2", "turbine 2")
OUTPUTS = ("area 1", "area 2", "center of inertia", "tie power")
_CLOSE = 1e-9
"""Reciprocal condition of the modes below which they cannot be told apart."""


class Area(NamedTuple):
    """One area; the governor on the area's own base."""

    base_va: float
    inertia_s: float
    """H, s."""
    droop: float
    valve_s: float
    lead_s: float
    lag_s: float
    load_damping: float
    """Change of load per unit of speed, per unit of the area's base."""


class TwoAreas(NamedTuple):
    """The grid."""

    areas: tuple[Area, Area]
    mode_hz: float
    mode_damping: float
    nominal_hz: float

    @property
    def base_va(self) -> float:
        """Base of both areas together, VA."""
        return self.areas[0].base_va + self.areas[1].base_va

    @property
    def inertia_s(self) -> tuple[float, float]:
        """M = 2·H·S of each area on the common base, s."""
        first, second = (2.0 * a.inertia_s * a.base_va / self.base_va for a in self.areas)
        return first, second

    def own(self, i: int, s: complex) -> complex:
        """Return what area i (0 or 1) answers to its own speed, M·s + D − G(s), per unit."""
        a = self.areas[i]
        governor = steam_governor(s, a.droop, a.valve_s, a.lead_s, a.lag_s)
        return self.inertia_s[i] * s + (a.load_damping - governor) * a.base_va / self.base_va

    @property
    def tie(self) -> Tie:
        """The tie that gives the mode, governors and load damping included."""
        root = mode_root(self.mode_hz, self.mode_damping)
        return tie_of_mode(root, self.own(0, root), self.own(1, root), self.nominal_hz)


class System(NamedTuple):
    """x′ = A·x + b·u, y = C·x; u in W of load, y in Hz and, for the tie, W."""

    a: Vector
    b: Vector
    c: Vector


class Steps(NamedTuple):
    """The exact step of every mode while the load stands still: z ← decay·z + drive·u."""

    decay: Complex
    drive: Complex
    read: Complex
    """(outputs, modes): y = Re Σ read·z over the modes that are kept, one of each pair."""


def rates(grid: TwoAreas, x: Vector, load_pu: tuple[float, float]) -> Vector:
    """Return dx/dt of the states in the order of ``STATES``, per unit of both areas together.

    Parameters
    ----------
    grid
        The grid.
    x
        Speeds, angle (electrical rad), valves and turbine states (on each area's base).
    load_pu
        Change of load in each area, per unit of the common base.
    """
    inertia = grid.inertia_s
    slip = x[0] - x[1]
    over = grid.tie.stiffness * x[2] + grid.tie.damping * slip
    found = np.zeros(len(STATES))
    found[2] = 2.0 * math.pi * grid.nominal_hz * slip
    for i, (area, sign) in enumerate(zip(grid.areas, (1.0, -1.0), strict=True)):
        speed, valve, turbine = x[i], x[3 + 2 * i], x[4 + 2 * i]
        found[3 + 2 * i] = (-speed / area.droop - valve) / area.valve_s
        found[4 + 2 * i] = (valve - turbine) / area.lag_s
        given = turbine + area.lead_s / area.lag_s * (valve - turbine)
        own = (given - area.load_damping * speed) * area.base_va / grid.base_va
        found[i] = (own - load_pu[i] - sign * over) / inertia[i]
    return found


def system(grid: TwoAreas, area: int) -> System:
    """Return the matrices for a load in one area.

    Parameters
    ----------
    grid
        The grid.
    area
        1 or 2.

    Raises
    ------
    ValueError
        If there is no such area.
    """
    if area not in (1, 2):
        raise ValueError(f"there are areas 1 and 2, got {area}")
    nothing = np.zeros(len(STATES))
    a = np.stack([rates(grid, x, (0.0, 0.0)) for x in np.eye(len(STATES))], axis=1)
    load = (1.0, 0.0) if area == 1 else (0.0, 1.0)
    b = rates(grid, nothing, load) / grid.base_va
    inertia = grid.inertia_s
    c = np.zeros((len(OUTPUTS), len(STATES)))
    c[0, 0] = c[1, 1] = grid.nominal_hz
    c[2, :2] = np.array(inertia) / sum(inertia) * grid.nominal_hz
    tie = grid.tie
    c[3, :3] = np.array([tie.damping, -tie.damping, tie.stiffness]) * grid.base_va
    return System(a, b, c)


def frequency_response(found: System, frequency_hz: Vector) -> Complex:
    """Return C·(jω − A)⁻¹·b at every frequency: (outputs, frequencies), Hz/W and, tie, W/W."""
    s = 2j * np.pi * np.asarray(frequency_hz, float)
    whole = s[:, None, None] * np.eye(found.a.shape[0]) - found.a
    right = np.broadcast_to(found.b[:, None], (s.size, found.b.size, 1))
    states = np.linalg.solve(whole, right)[..., 0]
    return np.asarray((states @ found.c.T).T, np.complex128)


def modes(found: System) -> list[tuple[float, float]]:
    """Return (frequency in Hz, damping ratio) of every oscillation, slowest first."""
    values = np.linalg.eigvals(found.a)
    above = values[values.imag > 0.0]
    return sorted(
        (float(value.imag) / (2.0 * math.pi), float(-value.real / abs(value))) for value in above
    )


def exact_steps(found: System, dt_s: float) -> Steps:
    """Return the exact step of every mode for a load that stands still over each step.

    Parameters
    ----------
    found
        See ``system``.
    dt_s
        Step, s.

    Raises
    ------
    ValueError
        If modes coincide, so that they cannot be stepped on their own.
    """
    values, vectors = np.linalg.eig(found.a)
    if 1.0 / float(np.linalg.cond(vectors)) < _CLOSE:
        raise ValueError(
            "two modes of the grid coincide and cannot be told apart: change one value slightly"
        )
    into = np.linalg.solve(vectors, found.b.astype(np.complex128))
    decay = np.exp(values * dt_s)
    drive = into * np.expm1(values * dt_s) / values
    kept = values.imag >= 0.0
    weight = np.where(values.imag > 0.0, 2.0, 1.0)
    return Steps(decay[kept], drive[kept], ((found.c @ vectors) * weight)[:, kept])
