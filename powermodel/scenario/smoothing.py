# SPDX-License-Identifier: Apache-2.0
"""Power smoothing at the accelerator: what the user writes, in NVML's words, and what it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, model_validator

from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Level, Part, Whole
from powermodel.scenario.hardware import AcceleratorSpec, Assumption
from powermodel.scenario.smoothing_units import Percent, Rate, RateField
from powermodel.units import Duration, Fraction, Instant, Power, format_w
from powermodel_datasets import Record

KIND = "smoothing-profile"
LIMITS = "nvml"
"""Record of what the devices allow."""
_LIMIT_FIELDS = ("largest_floor", "fastest_ramp", "window_unit")
_PROFILE_FIELDS = (
    "percent_tmp_floor",
    "ramp_up_rate",
    "ramp_down_rate",
    "ramp_down_hysteresis",
    "secondary_power_floor",
    "primary_floor_act_win_mult",
    "primary_floor_tar_win_mult",
    "primary_floor_act_offset",
)


def _is_profile(value: Any) -> Any:
    if isinstance(value, str):
        hardware.record(KIND, value)
    return value


class PowerCap(Part):
    """A reduced power limit. It is a lagged controller, so short bursts pass it."""

    power: Level
    lag: Duration
    """Time constant with which the excess is taken away, in s."""
    gain: Fraction = 1.0
    """Share of the excess that is taken away in the end."""


class SoftwareFloor(Part):
    """A second load that the software runs beside the work to keep the power up."""

    floor: Level
    slowdown: Fraction = 0.0
    """How much longer the phases of an iteration take because of it."""


@dataclass(frozen=True, slots=True)
class SmoothingSpec:
    """Power smoothing with every value resolved for one accelerator."""

    primary_w: float
    """Primary floor; 0 is none."""
    secondary_w: float
    activation_w: float
    """The primary floor is active while the work draws more than this."""
    act_window_s: float
    tar_window_s: float
    hold_s: float
    up_w_per_s: float | None
    """None is no limit."""
    down_w_per_s: float | None
    cap_w: float | None
    cap_lag_s: float
    cap_gain: float
    slowdown: float
    """Phases of an iteration take longer by this share."""


class Smoothing(Part):
    """Power smoothing of every accelerator of a job.

    The eight parameters have the names and meanings of NVML's profiles as far as NVML tells them;
    the control law is stated in ``powermodel_kernels.laws.smoothing``.
    """

    profile: Annotated[str, BeforeValidator(_is_profile)] | None = None
    """Record of the datasets to start from; what is written beside it replaces its values."""
    tmp_ceiling: Level | None = None
    """Total module power that percentages refer to; default TDP."""
    percent_tmp_floor: Percent | None = None
    """Primary floor in percent of the ceiling."""
    ramp_up_rate: RateField | None = None
    """Fastest rise of the target; default no limit."""
    ramp_down_rate: RateField | None = None
    """Fastest fall of the target; default no limit."""
    ramp_down_hysteresis: Instant | None = None
    """How long the target stays before it falls, in s."""
    secondary_power_floor: Level | None = None
    """Floor while the primary one is not active."""
    primary_floor_act_win_mult: Whole | None = None
    """The primary floor stays at least so many window units from when activity began."""
    primary_floor_tar_win_mult: Whole | None = None
    """The primary floor stays so many window units after activity ended."""
    primary_floor_act_offset: Power | None = None
    """Activity is work that draws more than idle power and this, in W."""
    window_unit: Duration | None = None
    """What the two windows are counted in, in s; NVML does not state it."""
    slowdown: Fraction | None = None
    """How much longer the phases of an iteration take because ramps or a cap hold them back."""
    cap: PowerCap | None = None
    software: SoftwareFloor | None = None

    @model_validator(mode="after")
    def _does_something(self) -> Smoothing:
        if not any(value is not None for _, value in self):
            raise InvalidError(
                Finding(
                    "smoothing without any setting: expected a profile, a floor, ramps or a cap",
                    hint="such as profile: floor-90, or percent_tmp_floor: 90; leave it out for "
                    "none",
                )
            )
        found = [*self._contradictions()]
        if found:
            raise InvalidError(*found)
        return self

    def _contradictions(self) -> Iterator[Finding]:
        floor = self._value("percent_tmp_floor") is not None
        for key in ("primary_floor_act_win_mult", "primary_floor_tar_win_mult"):
            if getattr(self, key) and not floor and self.software is None:
                yield Finding(f"{key} without a primary floor", (key,), "add percent_tmp_floor: 90")
        if floor and self.software is not None:
            yield Finding(
                "a software floor beside percent_tmp_floor: expected one primary floor",
                ("software",),
                "leave one of them out",
            )
        if self.software is not None and self.software.slowdown and self.slowdown is not None:
            yield Finding(
                "the slowdown is given twice", ("slowdown",), "leave it out, or software.slowdown"
            )

    def needs_steps(self) -> str | None:
        """Return what only the engine ``steps`` can compute, in words; None for nothing."""
        ramps = [key for key in ("ramp_up_rate", "ramp_down_rate") if self._value(key) is not None]
        return f"a cap beside {ramps[0]}" if self.cap is not None and ramps else None

    def _record(self) -> Record | None:
        return None if self.profile is None else hardware.record(KIND, self.profile)

    def _value(self, key: str) -> Any:
        """Return what is written, else what the profile says, in its own unit, else None."""
        written = getattr(self, key)
        record = self._record()
        if written is None and record is not None and key in record:
            return record[key].value
        return written

    def resolved(self, accelerator: AcceleratorSpec) -> SmoothingSpec:
        """Return every value for one `accelerator`."""
        tdp_w = accelerator.tdp_w
        unit_s = self.window_unit or hardware.record(KIND, LIMITS)["window_unit"].value
        slowdown = self.slowdown or (self.software.slowdown if self.software else 0.0)
        return SmoothingSpec(
            primary_w=self._primary_w(accelerator),
            secondary_w=self._watts("secondary_power_floor", accelerator),
            activation_w=accelerator.idle_w + self._watts("primary_floor_act_offset", accelerator),
            act_window_s=(self._value("primary_floor_act_win_mult") or 0) * unit_s,
            tar_window_s=(self._value("primary_floor_tar_win_mult") or 0) * unit_s,
            hold_s=self._value("ramp_down_hysteresis") or 0.0,
            up_w_per_s=_w_per_s(self._value("ramp_up_rate"), tdp_w),
            down_w_per_s=_w_per_s(self._value("ramp_down_rate"), tdp_w),
            cap_w=self.cap.power.watts(accelerator) if self.cap else None,
            cap_lag_s=self.cap.lag if self.cap else 0.0,
            cap_gain=self.cap.gain if self.cap else 0.0,
            slowdown=slowdown,
        )

    def _primary_w(self, accelerator: AcceleratorSpec) -> float:
        if self.software is not None:
            return self.software.floor.watts(accelerator)
        ceiling_w = self.tmp_ceiling.watts(accelerator) if self.tmp_ceiling else accelerator.tdp_w
        if self.percent_tmp_floor is not None:
            return self.percent_tmp_floor / 100.0 * ceiling_w
        return float(self._value("percent_tmp_floor") or 0.0) * ceiling_w

    def _watts(self, key: str, accelerator: AcceleratorSpec) -> float:
        """Return a power that a profile states as a share of TDP."""
        written = getattr(self, key)
        if written is None:
            return float(self._value(key) or 0.0) * accelerator.tdp_w
        return float(written) if isinstance(written, float) else written.watts(accelerator)

    def findings(self, accelerator: AcceleratorSpec) -> Iterator[Finding]:
        """Yield what does not fit the accelerator of the job."""
        spec = self.resolved(accelerator)
        yield from self._floors(spec, accelerator)
        yield from self._ramps(accelerator)
        yield from self._cap(spec, accelerator)

    def _floors(self, spec: SmoothingSpec, accelerator: AcceleratorSpec) -> Iterator[Finding]:
        tdp_w, name = accelerator.tdp_w, accelerator.name
        share = 1.0 if self.software else hardware.record(KIND, LIMITS)["largest_floor"].value
        key = ("software", "floor") if self.software else ("percent_tmp_floor",)
        if spec.primary_w > share * tdp_w * (1.0 + 1e-9):
            yield Finding(
                f"a floor of {format_w(spec.primary_w)} is above the device maximum of {name}: "
                f"{share:.0%} of its TDP of {format_w(tdp_w)}, {format_w(share * tdp_w)}",
                key,
                "lower it; what a device would clip is not clipped here",
            )
        if spec.secondary_w > share * tdp_w * (1.0 + 1e-9):
            yield Finding(
                f"{format_w(spec.secondary_w)} is above the device maximum of {name}, "
                f"{format_w(share * tdp_w)}",
                ("secondary_power_floor",),
            )
        elif spec.primary_w and spec.secondary_w > spec.primary_w:
            yield Finding(
                f"the secondary floor, {format_w(spec.secondary_w)}, is above the primary floor, "
                f"{format_w(spec.primary_w)}",
                ("secondary_power_floor",),
                "the primary floor is the higher of the two",
            )
        if spec.primary_w and spec.activation_w >= tdp_w:
            yield Finding(
                f"the primary floor would never be active: it needs work above "
                f"{format_w(spec.activation_w)}, the TDP of {name} is {format_w(tdp_w)}",
                ("primary_floor_act_offset",),
                "it is counted from idle power, in W",
            )

    def _ramps(self, accelerator: AcceleratorSpec) -> Iterator[Finding]:
        tdp_w = accelerator.tdp_w
        fastest = hardware.record(KIND, LIMITS)["fastest_ramp"].value
        for key in ("ramp_up_rate", "ramp_down_rate"):
            rate = _w_per_s(self._value(key), tdp_w)
            if rate is not None and rate > fastest * tdp_w * (1.0 + 1e-9):
                yield Finding(
                    f"{rate:g} W/s is {rate / tdp_w:.3g} times the TDP of {accelerator.name} "
                    f"every second, expected at most {fastest:g}",
                    (key,),
                    "nvidia-smi shows mW/s where NVML takes W/s: if that was read, write "
                    f"'{rate / 1000:g} W/s'; leave it out for no limit",
                )

    def _cap(self, spec: SmoothingSpec, accelerator: AcceleratorSpec) -> Iterator[Finding]:
        if spec.cap_w is None:
            return
        floor_w = max(spec.primary_w, spec.secondary_w, accelerator.idle_w)
        if spec.cap_w <= floor_w:
            yield Finding(
                f"expected a cap above idle power and floors, {format_w(floor_w)}, got "
                f"{format_w(spec.cap_w)}",
                ("cap", "power"),
                "raise the cap, or lower the floor",
            )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that this rests on."""
        written = {key for key, value in self if value is not None}
        yield from hardware.assumed(
            KIND, LIMITS, tuple(field for field in _LIMIT_FIELDS if field not in written)
        )
        record = self._record()
        if record is not None:
            assert self.profile is not None
            fields = tuple(f for f in _PROFILE_FIELDS if f in record and f not in written)
            yield from hardware.assumed(KIND, self.profile, fields)


def _w_per_s(rate: Rate | float | None, tdp_w: float) -> float | None:
    """Return a rate in W/s; a profile states it in TDP per second."""
    if rate is None:
        return None
    return rate.w_per_s(tdp_w) if isinstance(rate, Rate) else rate * tdp_w
