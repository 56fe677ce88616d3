# SPDX-License-Identifier: Apache-2.0
"""Repetitive control: a job repeats itself, so its last period tells what comes one latency ahead.

The load is learned over one period of the job, point by point, with a gain that averages over
periods (S. Hara et al., IEEE Trans. Automatic Control 33 (1988), DOI 10.1109/9.1274, for the
principle). What is predicted is the change over the latency, added to what is measured now; it is
used only while the last period foretells this one, so a crash or another phase ends it.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from powermodel_kernels.control.common import OWN, OWN_MEMORY, followed, soc_power, split
from powermodel_kernels.control.record import (
    ControlLaw,
    Parameter,
    Plant,
    Prepared,
    head_start,
    periods,
    share_per_period,
)
from powermodel_kernels.control.ring import held_back, quanta, quanta_watts, ring_mean
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.tables import F32

_POINTS, _GAIN, _TRUST, _SHARE, _LEAD = range(OWN, OWN + 5)
# Three integers of the mean come first, then these.
_PLACE, _SEEN, _ERROR, _SWING, _WAITING = range(OWN_MEMORY + 3, OWN_MEMORY + 8)


def repetitive(signal: Signal, parameters: F32, memory: Memory) -> Any:
    """Return (main, fast) commands, W.

    Own parameters: ticks of the job's period; learning gain; most error, as a share of the swing,
    at which the last period is trusted; share of the filters of both per period; latency in periods
    of the controller. The ring holds the learned period, then the window of the mean, which is one
    period as well, then what the fast device waits for.
    """
    points = np.int64(parameters[_POINTS])
    window, waiting = memory.ring[points : 2 * points], memory.ring[2 * points :]
    learned = memory.ring[:points]
    mean = ring_mean(signal.load_w, window, memory.i, OWN_MEMORY)
    ahead = signal.load_w + change_ahead(quanta(signal.load_w), quanta(mean), learned,
                                         parameters, memory.i)  # fmt: skip
    wish = ahead - mean + soc_power(signal, parameters)
    main, fast = split(wish, signal, parameters, memory)
    return main, held_back(fast, waiting, memory.i, _WAITING)


def change_ahead(load: Any, mean: Any, learned: Any, parameters: Any, state: Any) -> Any:
    """Learn the load, and return by how much it will change over the latency, W; 0 if not trusted.

    Parameters
    ----------
    load, mean
        Now, int64 quanta.
    learned
        The load over one period of the job, quanta.
    parameters, state
        As in `repetitive`.
    """
    points, place = np.int64(learned.size), state[_PLACE]
    last, seen = learned[place], state[_SEEN]
    change = learned[(place + np.int64(parameters[_LEAD])) % points] - last
    first_time = seen < points
    error = followed(state[_ERROR], abs(load - last), parameters[_SHARE])
    swing = followed(state[_SWING], abs(last - mean), parameters[_SHARE])
    gain = np.float32(1.0) if first_time else parameters[_GAIN]
    learned[place] = followed(last, load, gain)
    state[_PLACE] = np.int64(0) if place + 1 >= points else place + 1
    if first_time:
        state[_SEEN] = seen + 1
        return np.float32(0.0)
    state[_ERROR], state[_SWING] = error, swing
    trusted = np.float32(error) < np.float32(swing) * parameters[_TRUST]
    return quanta_watts(change) if trusted else np.float32(0.0)


def _prepare(values: Mapping[str, float], plant: Plant) -> Prepared:
    points = periods(plant, values["job_period"])
    return Prepared(
        (
            points,
            values["gain"],
            values["trust"],
            share_per_period(plant, values["job_period"]),
            round(plant.latency_s / plant.period_s) % points,
        ),
        integers=8,
        ring=2 * points + head_start(plant),
    )


RECORD = ControlLaw(
    name="repetitive",
    title="Storage takes the swing about the mean, one latency ahead by the job's own period",
    source="DOI 10.1109/9.1274",
    law=repetitive,
    parameters=(
        Parameter("job_period", "one iteration of the job", "s", 1e-2, 3600.0, window=True),
        Parameter("gain", "share of what is new that is learned per period", "1", 1e-2, 1.0, 0.5),
        Parameter(
            "trust", "most mean error over mean swing at which the last period counts", "1",
            0.0, 2.0, 0.5,
        ),
    ),
    prepare=_prepare,
)  # fmt: skip
