# SPDX-License-Identifier: Apache-2.0
"""Torsion of a turbine-generator shaft under electrical and turbine torque, mode by mode.

Lumped masses on springs: (2H/ω0)·θ″ + K·θ = T, angles in electrical radians, torque per unit (P. M.
Anderson, B. L. Agrawal, J. E. Van Ness, Subsynchronous Resonance in Power Systems (1990), chapter
5). Each mode is stepped exactly (``laws.oscillator``). The turning of the shaft as a whole belongs
to the island.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from powermodel_kernels.bind import cpu
from powermodel_kernels.laws.oscillator import oscillator_matrix, oscillator_step
from powermodel_kernels.primitives import fma, mul
from powermodel_kernels.tables import F32


class Modes(NamedTuple):
    """Torsional modes, slowest first, without the turning as a whole."""

    frequency_hz: NDArray[np.float64]
    shapes: NDArray[np.float64]
    """(masses, modes), each with unit modal inertia."""


class Twisted(NamedTuple):
    """A shaft after a block, and what the samples gave, per unit, (samples, sections)."""

    state: F32
    torque: F32
    """In every section."""
    torsion: F32
    """The part of it above what a rigid shaft would carry at the instant."""


@dataclass(frozen=True, slots=True)
class Shaft:
    """A shaft, per unit of its own base.

    Parameters
    ----------
    inertia_s
        H of each mass, s.
    stiffness
        Torque per electrical radian between neighbours, per unit.
    generator
        Index of the mass that takes the electrical torque, from 0.
    nominal_hz
        50 or 60.
    damping
        Damping ratio of every mode.
    turbine
        Share of the turbine's torque on each mass; empty: all of it on the first mass, or on the
        last where the first is the generator.
    """

    inertia_s: Sequence[float]
    stiffness: Sequence[float]
    generator: int
    nominal_hz: float
    damping: float = 0.0
    turbine: Sequence[float] = ()

    def __post_init__(self) -> None:
        if len(self.inertia_s) < 2 or len(self.stiffness) != len(self.inertia_s) - 1:
            raise ValueError(
                "a shaft needs two masses or more and a spring between each two neighbours, got "
                f"{len(self.inertia_s)} masses and {len(self.stiffness)} springs"
            )
        if min(*self.inertia_s, *self.stiffness) <= 0.0:
            raise ValueError("inertia and stiffness of a shaft must be above 0")
        if not 0 <= self.generator < len(self.inertia_s):
            raise ValueError(
                f"generator {self.generator} is none of the {len(self.inertia_s)} masses"
            )
        if not 0.0 <= self.damping < 1.0:
            raise ValueError(f"damping ratio must be from 0 to below 1, got {self.damping:g}")
        shares = self.turbine
        if shares and not (
            len(shares) == len(self.inertia_s)
            and min(shares) >= 0.0
            and math.isclose(sum(shares), 1.0, abs_tol=1e-6)
        ):
            raise ValueError(
                "shares of the turbine's torque must be at least 0, one for each of the "
                f"{len(self.inertia_s)} masses, and 1 in sum; got {list(shares)}"
            )

    def modes(self) -> Modes:
        """Return the torsional modes."""
        root = np.sqrt(2.0 * np.asarray(self.inertia_s) / (2.0 * math.pi * self.nominal_hz))
        spring = np.zeros((root.size, root.size))
        for i, k in enumerate(self.stiffness):
            spring[i : i + 2, i : i + 2] += [[k, -k], [-k, k]]
        squares, vectors = np.linalg.eigh(spring / np.outer(root, root))
        omega = np.sqrt(np.maximum(squares[1:], 0.0))
        return Modes(omega / (2.0 * math.pi), vectors[:, 1:] / root[:, None])

    def drives(self) -> NDArray[np.float64]:
        """Return where electrical (row 0) and turbine torque of 1 would bring each mode to rest."""
        modes = self.modes()
        shares = np.zeros(len(self.inertia_s))
        shares[-1 if self.generator == 0 else 0] = 1.0
        if self.turbine:
            shares[:] = self.turbine
        push = np.array([-modes.shapes[self.generator], shares @ modes.shapes])
        return push / (2.0 * math.pi * modes.frequency_hz) ** 2

    def twists(self) -> NDArray[np.float64]:
        """Return the torque in every section for each mode displaced by 1, (sections, modes)."""
        shapes = self.modes().shapes
        torques: NDArray[np.float64] = shapes[:-1] - shapes[1:]
        torques *= np.array(self.stiffness, np.float64)[:, None]
        return torques

    def at_rest(self, torque: float = 0.0) -> F32:
        """Return the state under a constant torque, (2, modes): displacement and velocity."""
        state = np.zeros((2, len(self.stiffness)), np.float32)
        state[0] = torque * self.drives().sum(axis=0)
        return state

    def check_step(self, dt_s: float) -> None:
        """Refuse a step that cannot show the fastest mode.

        Raises
        ------
        ValueError
            If a mode would turn by more than half a circle in a step: its samples would lie.
        """
        fastest_hz = float(self.modes().frequency_hz[-1])
        if fastest_hz * dt_s >= 0.5:
            raise ValueError(
                f"a step of {1e3 * dt_s:g} ms cannot show the mode at {fastest_hz:.1f} Hz: use "
                f"less than {500.0 / fastest_hz:.3g} ms"
            )

    def advance(self, state: F32, electric: F32, turbine: F32, dt_s: float) -> Twisted:
        """Return the state after the last sample, and the torque in every section at each.

        Parameters
        ----------
        state
            Before the first sample; not changed.
        electric, turbine
            Torques, per unit, held from sample to sample.
        dt_s
            Step, s; must resolve the fastest mode.

        Raises
        ------
        ValueError
            If the step is too long, see `check_step`.
        """
        self.check_step(dt_s)
        omega = 2.0 * math.pi * self.modes().frequency_hz
        matrices = np.array([oscillator_matrix(w, self.damping, dt_s) for w in omega], np.float32)
        drives, twists = self.drives(), self.twists()
        rigid = (drives @ twists.T).astype(np.float32)
        after = state.copy()
        out = [np.empty((electric.size, len(self.stiffness)), np.float32) for _ in range(2)]
        cpu(shaft_block)(
            electric, turbine, matrices, drives.astype(np.float32), twists.astype(np.float32),
            rigid, after, *out,
        )  # fmt: skip
        return Twisted(after, *out)


def shaft_block(
    electric: Any, turbine: Any, matrices: Any, drives: Any, twists: Any, rigid: Any, state: Any,
    torque: Any, torsion: Any,
) -> None:  # fmt: skip
    """Sum the torque of every section at each sample, then step all modes."""
    for k in range(electric.size):
        for j in range(torque.shape[1]):
            total = np.float32(0.0)
            for m in range(matrices.shape[0]):
                total = fma(twists[j, m], state[0, m], total)
            torque[k, j] = total
            stiff = fma(rigid[0, j], electric[k], mul(rigid[1, j], turbine[k]))
            torsion[k, j] = total - stiff
        for m in range(matrices.shape[0]):
            matrix = (matrices[m, 0], matrices[m, 1], matrices[m, 2], matrices[m, 3])
            goal = fma(drives[0, m], electric[k], mul(drives[1, m], turbine[k]))
            state[0, m], state[1, m] = oscillator_step(state[0, m], state[1, m], goal, matrix)
