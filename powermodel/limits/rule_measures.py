# SPDX-License-Identifier: Apache-2.0
"""What each measure of a rule is, as a statistic that streams over a record of any length.

They are the indicators, with the rule's own window, filter and percentile.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from powermodel.indicators.filtered import BandPass, filtered, mapped, mean_ramp_percentile
from powermodel.indicators.flicker import DEFINITION as FLICKER_DEFINITION
from powermodel.indicators.flicker import Flicker, flicker_statistic
from powermodel.indicators.flicker_plan import Flickermeter
from powermodel.indicators.frequency_bands import ENERGY_DEFINITION, band_of, bins_in
from powermodel.indicators.inputs import IndicatorError, NotAssessedError, steps_in
from powermodel.indicators.power_ramps import DEFINITIONS, Ramp, ramp_statistic
from powermodel.indicators.segments import cut
from powermodel.indicators.spectral_lines import lines_of
from powermodel.indicators.spectrum import Spectrum, welch_statistic
from powermodel.indicators.statistic import Statistic
from powermodel.indicators.voltage import Grid, poi_voltage
from powermodel.limits.rules import Rule

CONNECTION_USE = "connection-use"
"""Measure that looks at two series of a run: its power, and what its connection allows."""

_LINES = 50


class Found(NamedTuple):
    """A measured value, in the unit of the limit, and when [s] after the first sample."""

    value: float
    at_s: float | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What a rule may need to know beside the record.

    Parameters
    ----------
    rated_w : float, optional
        Base of limits in percent: the contracted or rated power [W].
    grid : Grid, optional
        The grid behind the POI.
    mains_hz : float, optional
        50 or 60 Hz.
    lamp : str, optional
        Reference lamp of flicker, see `Flickermeter`; left out, the one of the mains.
    """

    rated_w: float | None = None
    grid: Grid | None = None
    mains_hz: float | None = None
    lamp: str | None = None

    def __post_init__(self) -> None:
        if self.lamp is not None and self.mains_hz is None:
            raise IndicatorError(
                f"the lamp {self.lamp!r} needs the mains frequency",
                where="lamp",
                hint="give it: --mains 60, or --mains 50",
            )
        _ = self.flickermeter

    @property
    def flickermeter(self) -> Flickermeter | None:
        """Measures flicker here; None where the mains frequency is not known."""
        return None if self.mains_hz is None else Flickermeter(self.mains_hz, self.lamp)


@dataclass(frozen=True, slots=True)
class Meter:
    """How a rule is measured: a statistic, what its result says, and the definition in words."""

    statistic: Statistic[Any, Any]
    read: Callable[[Any], Found]
    unit: Literal["W", "1"]
    definition: str


def meter_of(rule: Rule, site: Site, samples: int, dt_s: float) -> Meter:
    """Return the meter of a rule for a record.

    Raises
    ------
    NotAssessedError
        If such a record, or what is known of the site, cannot answer.
    """
    slowest = rule.get("sample_rate_min")
    if slowest is not None and 1 / dt_s < slowest * (1 - 1e-9):
        raise NotAssessedError(
            f"needs at least {slowest:g} samples a second, the record has {1 / dt_s:g}",
            hint=f"run with a dt of at most {1e3 / slowest:g} ms",
        )
    return _METERS[rule.measure](rule, site, samples, dt_s)


def _ramp(direction: str) -> Callable[[Rule, Site, int, float], Meter]:
    words = {"both": "largest change", "up": "largest increase", "down": "largest decrease"}

    def read(found: Ramp) -> Found:
        if direction == "up":
            return Found(max(found.up_w, 0.0), found.up_at_s)
        if direction == "down":
            return Found(max(-found.down_w, 0.0), found.down_at_s)
        return Found(found.largest_w, found.largest_at_s)

    def meter(rule: Rule, _site: Site, _samples: int, dt_s: float) -> Meter:
        statistic = ramp_statistic(dt_s, rule.values["window"], "endpoint")
        text = f"{words[direction]}: {DEFINITIONS['endpoint']}"
        return Meter(statistic, read, "W", f"{text}, window {rule.values['window']:g} s")

    return meter


def _rolling_range(rule: Rule, _site: Site, _samples: int, dt_s: float) -> Meter:
    window_s = rule.values["window"]
    statistic = ramp_statistic(dt_s, window_s, "peak-to-peak")
    text = f"{DEFINITIONS['peak-to-peak']}, window {window_s:g} s"
    order = rule.get("filter_order")
    if order is None:
        return Meter(statistic, lambda found: Found(found.up_w, found.up_at_s), "W", text)
    values = rule.values
    band = BandPass(values["band_low"], values["band_high"], int(order), values["settle"])
    return Meter(
        filtered(statistic, band, dt_s),
        lambda found: Found(found.up_w, round(found.up_at_s + band.settle_s, 9)),
        "W",
        f"{text}, of the power behind a {band.describe()}",
    )


def _mean_ramp(rule: Rule, _site: Site, _samples: int, dt_s: float) -> Meter:
    window_s, share = rule.values["window"], rule.values["percentile"]
    return Meter(
        mean_ramp_percentile(steps_in(window_s, dt_s), share),
        Found,
        "W",
        f"{share:.0%} value of the magnitudes of the differences of adjacent means of"
        f" {window_s:g} s",
    )


def _line(rule: Rule, _site: Site, samples: int, dt_s: float) -> Meter:
    lo_hz, hi_hz = rule.values["band_low"], rule.values["band_high"]
    segments = cut(samples, dt_s, segment_s=rule.values["segment"])

    def read(found: Spectrum) -> Found:
        bins_in(found, lo_hz, hi_hz)
        inside = (line for line in lines_of(found, _LINES) if lo_hz <= line.frequency_hz <= hi_hz)
        return Found(max((line.amplitude_w for line in inside), default=0.0))

    return Meter(
        welch_statistic(segments),
        read,
        "W",
        f"amplitude (peak) of the strongest line from {lo_hz:g} to {hi_hz:g} Hz; Welch, Hann,"
        f" segments of {rule.values['segment']:g} s",
    )


def _energy_share(rule: Rule, _site: Site, samples: int, dt_s: float) -> Meter:
    lo_hz, hi_hz = rule.values["band_low"], rule.values["band_high"]
    segments = cut(samples, dt_s, segment_s=rule.get("segment"), window="boxcar")

    def read(found: Spectrum) -> Found:
        if not found.varies:
            return Found(0.0)
        return Found(band_of(found, lo_hz, hi_hz).energy_share)

    return Meter(
        welch_statistic(segments), read, "1", f"{lo_hz:g} to {hi_hz:g} Hz: {ENERGY_DEFINITION}"
    )


def _grid_of(site: Site) -> Grid:
    if site.grid is None:
        raise NotAssessedError(
            "needs the grid behind the POI: its short-circuit power and X/R",
            hint="give them: --short-circuit '10 GVA' --x-over-r 15 --power-factor 0.98",
        )
    return site.grid


def _voltage_step(rule: Rule, site: Site, _samples: int, dt_s: float) -> Meter:
    grid = _grid_of(site)
    statistic = ramp_statistic(dt_s, rule.values["window"], "peak-to-peak")
    return Meter(
        mapped(statistic, lambda power_w: poi_voltage(power_w, grid)),
        lambda found: Found(found.up_w, found.up_at_s),
        "1",
        f"largest minus smallest RMS voltage within {rule.values['window']:g} s, per unit of the"
        f" voltage without load, behind {grid.short_circuit_va / 1e6:g} MVA with X/R"
        f" {grid.x_over_r:g}, power factor {grid.power_factor:g}",
    )


def _flicker(kind: Literal["pst", "plt"]) -> Callable[[Rule, Site, int, float], Meter]:
    def read(found: Flicker) -> Found:
        values = found.pst if kind == "pst" else found.plt
        if not values:
            raise NotAssessedError("Plt needs 12 whole intervals of 10 min, two hours")
        return Found(max(values))

    def meter(_rule: Rule, site: Site, _samples: int, dt_s: float) -> Meter:
        grid = _grid_of(site)
        flickermeter = site.flickermeter
        if flickermeter is None:
            raise NotAssessedError(
                "needs the mains frequency", hint="give it: --mains 60, or --mains 50"
            )
        statistic = flicker_statistic(dt_s, flickermeter)
        return Meter(
            mapped(statistic, lambda power_w: poi_voltage(power_w, grid)),
            read,
            "1",
            f"{FLICKER_DEFINITION}; {flickermeter.describe()}, RMS envelope behind"
            f" {grid.short_circuit_va / 1e6:g} MVA with X/R {grid.x_over_r:g}, power factor"
            f" {grid.power_factor:g}",
        )

    return meter


def _connection_use(_rule: Rule, _site: Site, _samples: int, _dt_s: float) -> Meter:
    raise NotAssessedError(
        "the run does not say what its grid connection allows",
        hint="write it into the scenario: supply.grid.connection",
    )


def _beyond(_rule: Rule, _site: Site, _samples: int, _dt_s: float) -> Meter:
    raise NotAssessedError(
        "a record of power cannot answer it",
        hint="simulate the event together with its grid",
    )


_METERS: dict[str, Callable[[Rule, Site, int, float], Meter]] = {
    "rolling-range": _rolling_range,
    "ramp": _ramp("both"),
    "ramp-up": _ramp("up"),
    "ramp-down": _ramp("down"),
    "mean-ramp": _mean_ramp,
    "line": _line,
    "band-energy-share": _energy_share,
    "voltage-step": _voltage_step,
    "pst": _flicker("pst"),
    "plt": _flicker("plt"),
    CONNECTION_USE: _connection_use,
    "beyond-the-record": _beyond,
}
