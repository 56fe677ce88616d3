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
    """Return the mean state of charge of so many units; 0 for a farm without units."""
    if units == 0:
        return np.float32(0.0)
    return np.float32(soc_sum // units) * _PER_STEP_OF_SOC


def soc_now(units: Any) -> Any:
    """Return the mean state of charge of a farm."""
    total = np.int64(0)
    for u in range(units.soc.size):
        total += np.int64(units.soc[u])
    return mean_soc(total, units.soc.size)


def is_due(sample: Any, period: Any, slow: Any, curves: Any) -> Any:
    """Return whether anything but a step is due for a farm at a sample."""
    return sample % slow == 0 or sample % period == 0 or outage_turns(sample, curves.outages)


def tend(sample: Any, period: Any, slow: Any, fixed: Any, curves: Any, units: Any) -> None:
    """Do for a farm what is due at a sample before its step."""
    if sample % slow == 0:
        settle(fixed, curves, units)
    if sample % period == 0 or outage_turns(sample, curves.outages):
        report(sample, np.float32(1.0) / np.float32(period), fixed, curves, units)


def sensed(ring: Any, sample: Any) -> Any:
    """Return the oldest entry of a ring as W."""
    return np.float32(ring[(sample + 1) % ring.size]) * _W_PER_QUANTUM


def limit_w(limits: Any, which: Any) -> Any:
    """Return what a farm can do, W."""
    return np.float32(limits[which]) * _W_PER_QUANTUM


def decide(
    k: Any, first: Any, load_q: Any, forecast_q: Any, frequency_hz: Any, timing: Any,
    parameters: Any, memory: Any, links: Any, limits: Any, limits_fast: Any, out: Any,
) -> None:  # fmt: skip
    """Measure at sample ``first + k``, let the controller decide, send what it decided."""
    s = first + k
    before = out.power_q[k - 1] if k > 0 else links.last[0]
    links.load[s % links.load.size] = load_q[k]
    links.poi[s % links.poi.size] = load_q[k] - before
    links.storage[s % links.storage.size] = before
    if s % timing.control == 0:
        announced = (
            np.float32(forecast_q[k]) * _W_PER_QUANTUM if forecast_q.size > 0 else np.float32(0.0)
        )
        signal = Signal(
            sensed(links.load, s), sensed(links.poi, s), sensed(links.storage, s),
            out.soc_mean[k], limit_w(limits, CAN_DISCHARGE), limit_w(limits, CAN_CHARGE),
            out.fast_soc[k], limit_w(limits_fast, CAN_DISCHARGE), limit_w(limits_fast, CAN_CHARGE),
            announced, frequency_hz[k] if frequency_hz.size > 0 else timing.nominal_hz,
            timing.period_s,
        )  # fmt: skip
        asked, asked_fast = control_law(signal, parameters, memory)
        links.held[0], links.held[1] = asked, asked_fast
    links.main[s % links.main.size] = links.held[0]
    links.fast[s % links.fast.size] = links.held[1]


def take_orders(sample: Any, steps: Any, ring: Any, room: Any) -> None:
    """Take the commands of some steps off their way: the oldest of a ring and those after it."""
    for j in range(steps):
        room.command_w[j] = ring[(sample + j + 1) % ring.size]


def put_together(k: Any, steps: Any, main: Any, fast: Any, out: Any) -> None:
    """Put down what both farms did in some steps: units and room of each."""
    (units, room), (units_fast, room_fast) = main, fast
    for j in range(steps):
        out.power_q[k + j] = room.power[j] + room_fast.power[j]
        out.fast_power_q[k + j] = room_fast.power[j]
        out.command_q[k + j] = np.int64(room.command_w[j] * _QUANTA) + np.int64(
            room_fast.command_w[j] * _QUANTA
        )
        out.loss_q[k + j] = room.loss[j] + room_fast.loss[j]
        out.soc_mean[k + j] = mean_soc(room.soc[j], units.soc.size)
        out.soc_min[k + j] = np.float32(room.soc_min[j]) * _PER_STEP_OF_SOC
        out.soc_max[k + j] = np.float32(room.soc_max[j]) * _PER_STEP_OF_SOC
        out.fast_soc[k + j] = mean_soc(room_fast.soc[j], units_fast.soc.size)
        out.limited[k + j] = room.limited[j] + room_fast.limited[j]


def drive(
    load_q: Any, forecast_q: Any, frequency_hz: Any, first: Any, timing: Any, parameters: Any,
    memory: Any, links: Any, main: Any, fast: Any, out: Any,
) -> None:  # fmt: skip
    """Advance a site over samples first, first + 1, ….

    Commands that are on their way are known before the controller decides anew, so the units take
    the steps up to the newest of them at once, and the controller follows.

    Parameters
    ----------
    load_q
        Load, quanta, int64 (samples,).
    forecast_q, frequency_hz
        What the scheduler announces and the frequency at each sample, or empty.
    main, fast
        (fixed, curves, units, room) of each farm; one without units is none.
    """
    fixed, curves, units, room = main
    fixed_fast, curves_fast, units_fast, room_fast = fast
    if links.last[1] == 0:
        links.last[1] = 1
        links.load[:] = load_q[0]
        links.poi[:] = load_q[0]
    known = min(links.main.size, links.fast.size) - 1
    n = load_q.size
    k = np.int64(0)
    while k < n:
        s = first + k
        tend(s, timing.report_main, timing.slow, fixed, curves, units)
        tend(s, timing.report_fast, timing.slow, fixed_fast, curves_fast, units_fast)
        steps = np.int64(1)
        while (
            steps < known
            and k + steps < n
            and not is_due(s + steps, timing.report_main, timing.slow, curves)
            and not is_due(s + steps, timing.report_fast, timing.slow, curves_fast)
        ):
            steps += 1
        if known == 0:
            out.soc_mean[k], out.fast_soc[k] = soc_now(units), soc_now(units_fast)
            decide(
                k, first, load_q, forecast_q, frequency_hz, timing, parameters, memory, links,
                units.limits, units_fast.limits, out,
            )  # fmt: skip
        take_orders(s, steps, links.main, room)
        take_orders(s, steps, links.fast, room_fast)
        advance_units(steps, s, fixed, curves, units, room)
        advance_units(steps, s, fixed_fast, curves_fast, units_fast, room_fast)
        put_together(k, steps, (units, room), (units_fast, room_fast), out)
        if known > 0:
            for j in range(k, k + steps):
                decide(
                    j, first, load_q, forecast_q, frequency_hz, timing, parameters, memory, links,
                    units.limits, units_fast.limits, out,
                )  # fmt: skip
        k += steps
    if n > 0:
        links.last[0] = out.power_q[n - 1]


class State(NamedTuple):
    """State of a site: arrays, changed in place, saved and restored as they are."""

    main: Units
    fast: Units
    memory: Memory
    links: Links
