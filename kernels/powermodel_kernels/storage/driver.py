# SPDX-License-Identifier: Apache-2.0
"""The loop over samples: measurement, control law, delays, units, point of interconnection."""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.control.none import none as control_law
from powermodel_kernels.control.signal import Memory, Signal
from powermodel_kernels.storage.tables import CAN_CHARGE, CAN_DISCHARGE, Units
from powermodel_kernels.storage.together import advance_units, outage_turns, report, settle
from powermodel_kernels.tables import F32, I32, I64

_W_PER_QUANTUM = np.float32(1.0 / QUANTA_PER_W)
_QUANTA = np.float32(QUANTA_PER_W)
_PER_STEP_OF_SOC = np.float32(2.0**-24)


class Timing(NamedTuple):
    """Periods in samples."""

    control: int
    report_main: int
    report_fast: int
    slow: int
    period_s: np.float32
    """Of the controller."""
    nominal_hz: np.float32


class Links(NamedTuple):
    """What is on its way: measurements to the controller, commands to the inverters.

    Each ring is as long as its delay in samples and one; sample s stands at s modulo its length.
    """

    load: I64
    poi: I64
    storage: I64
    main: F32
    fast: F32
    held: F32
    """Commands of the last tick of the controller, W: main, fast."""
    last: I64
    """Power of the storage at the last sample, quanta; whether the run has begun."""


class Outputs(NamedTuple):
    """What a stretch of samples gives, arrays of shape (samples,)."""

    power_q: I64
    """Power of all storage at the point of interconnection, quanta, discharging positive."""
    fast_power_q: I64
    """The fast device's part of it."""
    command_q: I64
    """What was asked of all storage, when it reached the inverters."""
    loss_q: I64
    """Losses of all storage: cells, inverters, auxiliary power."""
    soc_mean: F32
    soc_min: F32
    soc_max: F32
    """State of charge of the main farm's units before the sample's step."""
    fast_soc: F32
    """Mean of the fast device."""
    limited: I32
    """Units of both that could not do what their inverters asked."""


def outputs(samples: int) -> Outputs:
    """Return room for the outputs of so many samples."""
    kinds = {field: np.int64 for field in Outputs._fields if field.endswith("_q")}
    made = {f: np.empty(samples, kinds.get(f, np.float32)) for f in Outputs._fields}
    return Outputs(**(made | {"limited": np.empty(samples, np.int32)}))  # type: ignore[arg-type]


def mean_soc(soc_sum: Any, units: Any) -> Any:
    """Return the mean state of charge; 0 for a farm without units."""
    if units.charge.size == 0:
        return np.float32(0.0)
    return np.float32(soc_sum // units.charge.size) * _PER_STEP_OF_SOC


def soc_now(fixed: Any, units: Any) -> Any:
    """Return the mean state of charge of a farm."""
    total = np.int64(0)
    for u in range(units.charge.size):
        total += units.charge[u] >> fixed.charge_shift
    return mean_soc(total, units)


def tend(sample: Any, period: Any, slow: Any, fixed: Any, curves: Any, units: Any) -> None:
    """Do for a farm what is due at a sample before its step."""
    if sample % slow == 0:
        settle(fixed, curves, units)
    if sample % period == 0 or outage_turns(sample, curves.outages):
        report(sample, np.float32(1.0) / np.float32(period), fixed, curves, units)


def sensed(ring: Any, sample: Any) -> Any:
    """Return the oldest entry of a ring as W."""
    return np.float32(ring[(sample + 1) % ring.size]) * _W_PER_QUANTUM


def limit_w(units: Any, which: Any) -> Any:
    """Return what a farm can do, W."""
    return np.float32(units.limits[which]) * _W_PER_QUANTUM


def drive(
    load_q: Any, forecast_q: Any, frequency_hz: Any, first: Any, timing: Any, parameters: Any,
    memory: Any, links: Any, main: Any, fast: Any, out: Any,
) -> None:  # fmt: skip
    """Advance a site over samples first, first + 1, ….

    Parameters
    ----------
    load_q
        Load, quanta, int64 (samples,).
    forecast_q, frequency_hz
        What the scheduler announces and the frequency at each sample, or empty.
    main, fast
        (fixed, curves, units) of each farm; one without units is none.
    """
    if links.last[1] == 0:
        links.last[1] = 1
        links.load[:] = load_q[0]
        links.poi[:] = load_q[0]
    for k in range(load_q.size):
        s = first + k
        links.load[s % links.load.size] = load_q[k]
        links.poi[s % links.poi.size] = load_q[k] - links.last[0]
        links.storage[s % links.storage.size] = links.last[0]
        tend(s, timing.report_main, timing.slow, main[0], main[1], main[2])
        tend(s, timing.report_fast, timing.slow, fast[0], fast[1], fast[2])
        if s % timing.control == 0:
            announced = (
                np.float32(forecast_q[k]) * _W_PER_QUANTUM
                if forecast_q.size > 0
                else np.float32(0.0)
            )
            signal = Signal(
                sensed(links.load, s), sensed(links.poi, s), sensed(links.storage, s),
                soc_now(main[0], main[2]), limit_w(main[2], CAN_DISCHARGE),
                limit_w(main[2], CAN_CHARGE), soc_now(fast[0], fast[2]),
                limit_w(fast[2], CAN_DISCHARGE), limit_w(fast[2], CAN_CHARGE), announced,
                frequency_hz[k] if frequency_hz.size > 0 else timing.nominal_hz, timing.period_s,
            )  # fmt: skip
            asked, asked_fast = control_law(signal, parameters, memory)
            links.held[0], links.held[1] = asked, asked_fast
        links.main[s % links.main.size] = links.held[0]
        links.fast[s % links.fast.size] = links.held[1]
        order = links.main[(s + 1) % links.main.size]
        order_fast = links.fast[(s + 1) % links.fast.size]
        power, loss, soc, low, high, short = advance_units(order, s, main[0], main[1], main[2])
        power_fast, loss_fast, soc_fast, _, _, short_fast = advance_units(
            order_fast, s, fast[0], fast[1], fast[2]
        )
        out.power_q[k] = power + power_fast
        out.fast_power_q[k] = power_fast
        out.command_q[k] = np.int64(order * _QUANTA) + np.int64(order_fast * _QUANTA)
        out.loss_q[k] = loss + loss_fast
        out.soc_mean[k] = mean_soc(soc, main[2])
        out.soc_min[k] = np.float32(low) * _PER_STEP_OF_SOC
        out.soc_max[k] = np.float32(high) * _PER_STEP_OF_SOC
        out.fast_soc[k] = mean_soc(soc_fast, fast[2])
        out.limited[k] = short + short_fast
        links.last[0] = power + power_fast


class State(NamedTuple):
    """State of a site: arrays, changed in place, saved and restored as they are."""

    main: Units
    fast: Units
    memory: Memory
    links: Links
