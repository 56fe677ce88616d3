# SPDX-License-Identifier: Apache-2.0
"""Torsion of a turbine-generator shaft under the electrical torque, mode by mode.

Lumped masses on springs: (2H/ω0)·θ″ + K·θ = T, angles in electrical radians, torque per unit (P. M.
Anderson, B. L. Agrawal, J. E. Van Ness, Subsynchronous Resonance in Power Systems (1990), chapter
5). Each mode is stepped exactly (``laws.oscillator``). The turning of the shaft as a whole belongs
to the island; turbine torque is constant here, so everything is a deviation from rest.
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
    """

    inertia_s: Sequence[float]
    stiffness: Sequence[float]
    generator: int
    nominal_hz: float
    damping: float = 0.0

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

    def modes(self) -> Modes:
        """Return the torsional modes."""
        root = np.sqrt(2.0 * np.asarray(self.inertia_s) / (2.0 * math.pi * self.nominal_hz))
        spring = np.zeros((root.size, root.size))
        for i, k in enumerate(self.stiffness):
            spring[i : i + 2, i : i + 2] += [[k, -k], [-k, k]]
        squares, vectors = np.linalg.eigh(spring / np.outer(root, root))
        omega = np.sqrt(np.maximum(squares[1:], 0.0))
        return Modes(omega / (2.0 * math.pi), vectors[:, 1:] / root[:, None])

    def at_rest(self) -> F32:
        """Return the state without torsion, (2, modes): displacement and velocity of each."""
        return np.zeros((2, len(self.stiffness)), np.float32)

    def advance(self, state: F32, torque: F32, dt_s: float) -> tuple[F32, F32]:
        """Return the state after the last sample, and the torque in every section.

        Parameters
        ----------
        state
            Before the first sample; not changed.
        torque
            Electrical torque less its value at rest, per unit, held from sample to sample.
        dt_s
            Step, s; must resolve the fastest mode.

        Returns
        -------
        tuple
            State, and torque per unit, (samples, sections), at the end of each step.

        Raises
        ------
        ValueError
            If a mode would turn by more than half a circle in a step: its samples would lie.
        """
        modes = self.modes()
        if modes.frequency_hz[-1] * dt_s >= 0.5:
            raise ValueError(
                f"a step of {1e3 * dt_s:g} ms cannot show the mode at "
                f"{modes.frequency_hz[-1]:.1f} Hz: use less than "
                f"{500.0 / modes.frequency_hz[-1]:.3g} ms"
            )
        omega = 2.0 * math.pi * modes.frequency_hz
        matrices = np.array([oscillator_matrix(w, self.damping, dt_s) for w in omega], np.float32)
        drive = (-modes.shapes[self.generator] / omega**2).astype(np.float32)
        twist = -np.diff(modes.shapes, axis=0) * np.asarray(self.stiffness)[:, None]
        after = state.copy()
        out = np.empty((torque.size, len(self.stiffness)), np.float32)
        cpu(shaft_block)(torque, matrices, drive, twist.astype(np.float32), after, out)
        return after, out


def shaft_block(torque: Any, matrices: Any, drive: Any, twist: Any, state: Any, out: Any) -> None:
    """Step all modes through the samples and sum the torque of every section."""
    for k in range(torque.size):
        for j in range(out.shape[1]):
            out[k, j] = np.float32(0.0)
        for m in range(drive.size):
            matrix = (matrices[m, 0], matrices[m, 1], matrices[m, 2], matrices[m, 3])
            x, v = oscillator_step(state[0, m], state[1, m], mul(drive[m], torque[k]), matrix)
            state[0, m], state[1, m] = x, v
            for j in range(out.shape[1]):
                out[k, j] = fma(twist[j, m], x, out[k, j])
