# SPDX-License-Identifier: Apache-2.0
"""Means of whole windows side by side, streamed: what demand, slow ramps and RMS are read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from powermodel.indicators.inputs import FloatArray
from powermodel.indicators.statistic import Statistic, not_merged


@dataclass(frozen=True, slots=True)
class MeansState:
    """Means of whole windows, and the samples of the one that is not whole yet."""

    means: tuple[FloatArray, ...] = ()
    waiting: tuple[FloatArray, ...] = ()
    missing: int = 0


def window_means(steps: int) -> Statistic[MeansState, FloatArray]:
    """Mean of each whole window; the first one starts with the record.

    Parameters
    ----------
    steps : int
        Samples of a window.
    """

    def update(state: MeansState, block: FloatArray) -> MeansState:
        if block.size < state.missing:
            waiting = (*state.waiting, block.copy())
            return MeansState(state.means, waiting, state.missing - block.size)
        samples = np.concatenate((*state.waiting, block))
        whole = samples.size // steps
        means = samples[: whole * steps].reshape(whole, steps).mean(axis=1)
        rest = samples[whole * steps :].copy()
        return MeansState((*state.means, means), (rest,), steps - rest.size)

    return Statistic(
        init=lambda _start: MeansState(missing=steps),
        update=update,
        merge=not_merged,
        finish=lambda state: np.concatenate(state.means) if state.means else np.empty(0),
    )
