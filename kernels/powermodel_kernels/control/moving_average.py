# SPDX-License-Identifier: Apache-2.0
"""Moving average: storage takes what the load differs from its mean over a window.

Source: Choukse et al., arXiv 2508.14318, whose Fig. 7 follows from such a target.
"""

from collections.abc import Mapping
from typing import Any

from powermodel_kernels.control.common import OWN_MEMORY, soc_power, split
from powermodel_kernels.control.record import ControlLaw, Parameter, Plant, Prepared, periods
from powermodel_kernels.control.ring import ring_mean
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32


def moving_average(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W. The window is the ring of the memory."""
    mean = ring_mean(signal.load_w, memory.ring, memory.i, OWN_MEMORY)
    wish = signal.load_w - mean + soc_power(signal, parameters)
    return split(wish, signal, parameters, memory)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    return Prepared((), integers=3, ring=periods(plant, values["window"]))


RECORD = ControlLaw(
    name="moving-average",
    title="The point of interconnection sees the mean of the load over a window",
    source="arXiv 2508.14318",
    law=moving_average,
    parameters=(Parameter("window", "what the mean is over", "s", 1e-3, 86400.0, window=True),),
    prepare=_prepare,
)
