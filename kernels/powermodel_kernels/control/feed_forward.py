# SPDX-License-Identifier: Apache-2.0
"""Feed-forward: storage acts on the load that the scheduler announces, not on what it was.

The announced load is that of one latency ahead, so the answer arrives when the load does. Where
nothing is announced the measured load takes its place.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from powermodel_kernels.control.common import OWN, OWN_MEMORY, soc_power, split
from powermodel_kernels.control.record import (
    ControlLaw,
    Parameter,
    Plant,
    Prepared,
    head_start,
    periods,
)
from powermodel_kernels.control.ring import held_back, ring_mean
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

_NOTHING = np.float32(0.0)


def feed_forward(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W.

    Own parameter: ticks of the window. The ring holds them, then what the fast device waits for.
    """
    points = np.int64(parameters[OWN])
    announced = signal.forecast_w > _NOTHING
    ahead = signal.forecast_w if announced else signal.load_w
    mean = ring_mean(ahead, memory.ring[:points], memory.i, OWN_MEMORY)
    wish = ahead - mean + soc_power(signal, parameters)
    main, fast = split(wish, signal, parameters, memory)
    later = held_back(fast, memory.ring[points:], memory.i, OWN_MEMORY + 3)
    return main, later if announced else fast


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    points = periods(plant, values["window"])
    return Prepared((points,), integers=4, ring=points + head_start(plant))


RECORD = ControlLaw(
    name="feed-forward",
    title="Storage takes what the announced load differs from its mean over a window",
    source="closed form",
    law=feed_forward,
    parameters=(Parameter("window", "what the mean is over", "s", 1e-3, 86400.0, window=True),),
    prepare=_prepare,
)
