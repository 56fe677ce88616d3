# SPDX-License-Identifier: Apache-2.0
"""Feed-forward: storage acts on the load that the scheduler announces, not on what it was.

The announced load is that of one latency ahead, so the answer arrives when the load does. Where
nothing is announced the measured load takes its place.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from powermodel_kernels.control.common import OWN_MEMORY, soc_power, split
from powermodel_kernels.control.record import ControlLaw, Parameter, Plant, Prepared, periods
from powermodel_kernels.control.ring import ring_mean
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

_NOTHING = np.float32(0.0)


def feed_forward(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W. The window of the mean is the ring of the memory."""
    ahead = signal.forecast_w if signal.forecast_w > _NOTHING else signal.load_w
    mean = ring_mean(ahead, memory.ring, memory.i, OWN_MEMORY)
    wish = ahead - mean + soc_power(signal, parameters)
    return split(wish, signal, parameters, memory)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    return Prepared((), integers=3, ring=periods(plant, values["window"]))


RECORD = ControlLaw(
    name="feed-forward",
    title="Storage takes what the announced load differs from its mean over a window",
    source="closed form",
    law=feed_forward,
    parameters=(Parameter("window", "what the mean is over", "s", 1e-3, 86400.0, window=True),),
    prepare=_prepare,
)
