# SPDX-License-Identifier: Apache-2.0
"""High-pass split: battery and fast device take the load above a corner frequency, by bands.

First-order high-pass with a slow charge manager; the fast device takes the high band. Source:
arXiv 2512.08076.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from powermodel_kernels.control.common import (
    OWN,
    OWN_MEMORY,
    fine,
    followed,
    soc_power,
    split,
    watts,
)
from powermodel_kernels.control.record import (
    ControlLaw,
    Parameter,
    Plant,
    Prepared,
    share_per_period,
)
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

_LOW = OWN_MEMORY
_STARTED = OWN_MEMORY + 1


def high_pass(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W. Own parameter: share 1 − e^(−period/τ) of the filter."""
    load = fine(signal.load_w)
    # The filter starts at the load it finds: storage begins at rest.
    low = memory.i[_LOW] if memory.i[_STARTED] else load
    low = followed(low, load, parameters[OWN])
    memory.i[_LOW], memory.i[_STARTED] = low, np.int64(1)
    wish = signal.load_w - watts(low) + soc_power(signal, parameters)
    return split(wish, signal, parameters, memory)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    return Prepared((share_per_period(plant, values["time_constant"]),), integers=2)


RECORD = ControlLaw(
    name="high-pass",
    title="Storage takes what changes faster than a corner, the fast device its high band",
    source="arXiv 2512.08076",
    law=high_pass,
    parameters=(
        Parameter("time_constant", "1/(2π · corner frequency)", "s", 1e-3, 86400.0, window=True),
    ),
    prepare=_prepare,
)
