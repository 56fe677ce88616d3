# SPDX-License-Identifier: Apache-2.0
"""Storage at the point of interconnection: units, their limits and delays, and their control."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import field_validator, model_validator

from powermodel.scenario.base import Finding, InvalidError, Part, Path, Sigma
from powermodel.scenario.controllers import controllers
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.run import Time, whole_ticks
from powermodel.scenario.storage_control import StorageControl
from powermodel.scenario.storage_unit import (
    StorageUnitSpec,
    Unit,
    UnitFields,
    assumptions,
    response_time,
    unit_spec,
)
from powermodel.units import Count, Duration, Fraction, Instant, Power, canonical, format_s
from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.control.record import Plant
from powermodel_kernels.control.signal import Control

_ENGINEERING = "engineering knowledge"


class StorageSpread(Part):
    """How units of one type differ, relative to their mean."""

    capacity: Sigma = 0.0
    resistance: Sigma = 0.0


class UnitOutage(Part):
    """Some units are out of service for a while."""

    units: Count
    at: Instant
    until: Duration

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> UnitOutage:
        if self.until <= self.at:
            begins, ends = canonical(self.at, "s"), canonical(self.until, "s")
            message = f"expected an end after the beginning at {begins}, got {ends}"
            raise InvalidError(Finding(message, ("until",)))
        return self


class InverterLatency(Part):
    """From the command at the inverter to its power: a pure delay, then a first-order lag."""

    inverter_delay: Instant = 0.0
    inverter_lag: Duration | None = None
    """Time constant; left out, the response time of the unit's record."""


class StorageLatency(InverterLatency):
    """From the load to the power that answers it, in the order in which it adds up."""

    measurement: Instant = 0.01
    """Sensor and filter: how old what the controller sees is."""
    communication: Instant = 0.01
    """From the controller to the inverters."""


class StorageDevice(Part):
    """Units of one type, alike but for their spread."""

    unit: Unit
    units: Count
    soc: Fraction = 0.5
    """State of charge at the start."""
    soc_window: tuple[Fraction, Fraction] = (0.2, 0.8)
    """Where the state of charge is kept."""
    spread: StorageSpread = StorageSpread()
    outages: tuple[UnitOutage, ...] = ()
    latency: InverterLatency = InverterLatency()

    @property
    def unit_record(self) -> StorageUnitSpec:
        """The unit with every rating known, in SI units."""
        return unit_spec(self.unit)

    @property
    def power_w(self) -> float:
        """Rating of all units."""
        return self.units * self.unit_record.power_w

    @property
    def energy_j(self) -> float:
        """Energy of all units between empty and full."""
        return self.units * self.unit_record.energy_j

    @property
    def inverter_lag_s(self) -> float:
        """Time constant of the inverters."""
        given = self.latency.inverter_lag
        return self.unit_record.response_time_s if given is None else given

    @property
    def inverter_latency_s(self) -> float:
        """Delay and time constant of the inverters, together."""
        return self.latency.inverter_delay + self.inverter_lag_s

    @property
    def usable_energy_j(self) -> float:
        """Energy of all units inside the window of the state of charge."""
        return (self.soc_window[1] - self.soc_window[0]) * self.energy_j

    @model_validator(mode="after")
    def _window_and_outages(self) -> StorageDevice:
        found = [*_window(self), *_outages(self)]
        if found:
            raise InvalidError(*found)
        return self


class FastStorage(StorageDevice):
    """A second device, such as supercapacitors or flywheels, for the high band of the command.

    Their state of charge counts voltage or speed: the upper half holds three quarters of the energy
    and is the usual window.
    """

    soc: Fraction = 0.75
    soc_window: tuple[Fraction, Fraction] = (0.5, 1.0)

    @field_validator("unit")
    @classmethod
    def _says_what_it_is(cls, unit: str | UnitFields) -> str | UnitFields:
        if isinstance(unit, UnitFields) and unit.like is None:
            raise InvalidError(
                Finding(
                    "a fast device does not say what it is made of",
                    hint="start from a record: 'like: supercapacitor-1mw' or a flywheel",
                )
            )
        return unit


class Storage(StorageDevice):
    """The battery farm, its delays, its controller, and a fast device beside it."""

    latency: StorageLatency = StorageLatency()
    control: StorageControl
    fast: FastStorage | None = None
    aux: Power | None = None
    """Auxiliary power of one unit, always drawn; left out, that of its record."""

    @property
    def latency_s(self) -> float:
        """Delays and time constants from the load to the power that answers it, together."""
        return self.to_inverters_s + self.inverter_latency_s

    @property
    def to_inverters_s(self) -> float:
        """Delays from the load to the command at the inverters, together."""
        return self.latency.measurement + self.latency.communication

    @property
    def aux_w(self) -> float:
        """Auxiliary power of one unit."""
        return self.unit_record.auxiliary_power_w if self.aux is None else self.aux

    @model_validator(mode="after")
    def _control_fits(self) -> Storage:
        found = [*_latency(self), *_targets(self)]
        if found:
            raise InvalidError(*found)
        return self

    def plant(self) -> Plant:
        """Return what the control law is prepared for."""
        fast = self.fast
        return Plant(
            self.control.period,
            self.latency_s,
            self.power_w,
            self.energy_j,
            fast.power_w if fast else 0.0,
            fast.energy_j if fast else 0.0,
            self.to_inverters_s + fast.inverter_latency_s if fast else 0.0,
        )

    def kernel_control(self) -> Control:
        """Return the control law made ready for a stage of the kernels."""
        return controllers().control(
            self.control.kind,
            self.control.given,
            self.plant(),
            measurement_s=self.latency.measurement,
            communication_s=self.latency.communication,
        )

    def findings(self, time: Time, shortest_swing_s: float) -> Iterator[Finding]:
        """Yield what does not fit the steps of a run; nothing is rounded to them silently.

        Parameters
        ----------
        time : Time
            Of the run.
        shortest_swing_s : float
            Shortest period with which the load swings, s.
        """
        yield from _slow_control(self.control.period, shortest_swing_s)
        times: dict[Path, float] = {("control", "period"): self.control.period}
        for key in ("measurement", "communication", "inverter_delay"):
            times["latency", key] = getattr(self.latency, key)
        if self.fast is not None:
            times["fast", "latency", "inverter_delay"] = self.fast.latency.inverter_delay
        for at, value in times.items():
            yield from _whole_steps(value, time, at)

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the values that stand behind the units, the delays and the controller."""
        yield from assumptions(self.unit)
        yield from _delays(self, "storage.latency")
        yield from self.control.assumptions("storage.control")
        if self.fast is not None:
            yield from assumptions(self.fast.unit)
            yield from _delays(self.fast, "storage.fast.latency")


def _window(device: StorageDevice) -> Iterator[Finding]:
    low, high = device.soc_window
    if not low < high:
        yield Finding(
            f"expected a window from lower to higher, got {low:g} to {high:g}",
            ("soc_window",),
            f"write [{high:g}, {low:g}]" if low > high else "its width is the usable energy",
        )
    elif not low <= device.soc <= high:
        yield Finding(
            f"{device.soc:g} is outside the window of {low:g} to {high:g}",
            ("soc",),
            "start inside it, or widen soc_window",
        )
    first, last = device.unit_record.soc_range
    if low < high and not first <= low < high <= last:
        yield Finding(
            f"{low:g} to {high:g} leaves what is known of the cell of {device.unit_record.name}, "
            f"{first:g} to {last:g}",
            ("soc_window",),
            "narrow the window to it",
        )


def _outages(device: StorageDevice) -> Iterator[Finding]:
    for index, outage in enumerate(device.outages):
        together = sum(
            other.units for other in device.outages if other.at <= outage.at < other.until
        )
        if together > device.units:
            yield Finding(
                f"{together} units are out at {format_s(outage.at)}, but there are {device.units}",
                ("outages", index, "units"),
            )


def _latency(storage: Storage) -> Iterator[Finding]:
    total, period = storage.latency_s, storage.control.period
    if total < period:
        yield Finding(
            f"the delays make {format_s(total)} end to end, shorter than the control period of "
            f"{format_s(period)}",
            ("latency",),
            "a controller cannot answer sooner than it acts: shorten control.period, or state the "
            "delays in full",
        )


def _slow_control(period_s: float, shortest_swing_s: float) -> Iterator[Finding]:
    longest_s = shortest_swing_s / 10.0
    if period_s > longest_s * (1.0 + 1e-9):
        yield Finding(
            f"a control period of {format_s(period_s)} is too long for the shortest swing of the "
            f"load, iterations of {format_s(shortest_swing_s)}: expected at most a tenth, "
            f"{format_s(longest_s)}",
            ("control", "period"),
            "shorten the period: a controller that sees a swing fewer than ten times cannot "
            "follow it",
        )


def _targets(storage: Storage) -> Iterator[Finding]:
    values = storage.control.values
    for key, device in (("soc_target", storage), ("fast_soc_target", storage.fast)):
        if device is None:
            continue
        low, high = device.soc_window
        if not low <= values[key] <= high:
            yield Finding(
                f"{key} {values[key]:g} is outside the window of {low:g} to {high:g}",
                ("control", key),
                "bring the set point into soc_window, or widen the window",
            )


def _whole_steps(time_s: float, time: Time, at: Path) -> Iterator[Finding]:
    steps = time_s / time.dt
    whole = whole_ticks(time_s) and round(time_s * TICKS_PER_S) % time.dt_ticks == 0
    if not whole:
        near = sorted({max(1, int(steps)), int(steps) + 1})
        yield Finding(
            f"{canonical(time_s, 's')} is not a whole number of steps of {format_s(time.dt)}",
            at,
            f"nearest that are: {' and '.join(format_s(n * time.dt) for n in near)}",
        )


def _delays(device: StorageDevice, at: str) -> Iterator[Assumption]:
    latency = device.latency
    for key, value in latency:
        if key != "inverter_lag" and key not in latency.model_fields_set:
            yield Assumption(f"{at}.{key}", value, "s", _ENGINEERING, "K")
    if latency.inverter_lag is None:
        found = response_time(device.unit)
        yield Assumption(f"{at}.inverter_lag", found.value, "s", found.source, found.confidence)
