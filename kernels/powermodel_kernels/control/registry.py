# SPDX-License-Identifier: Apache-2.0
"""The control laws that can be chosen: built-ins and plug-ins come in by the same door."""

import difflib
import math
from collections.abc import Iterable, Iterator, Mapping

from powermodel_kernels.constants import TICKS_PER_S
from powermodel_kernels.control import (
    droop,
    feed_forward,
    high_pass,
    moving_average,
    none,
    ramp_limit,
    repetitive,
)
from powermodel_kernels.control.common import OWN_MEMORY
from powermodel_kernels.control.record import (
    ControlLaw,
    Parameter,
    Plant,
    control,
    share_per_period,
)
from powermodel_kernels.control.signal import Control

SHARED = (
    Parameter("soc_target", "state of charge that it returns to", "1", 0.0, 1.0, 0.5),
    Parameter("soc_time", "time constant of the return", "s", 1.0, 1e6, 600.0),
    Parameter(
        "soc_power_share", "most of the rated power that the return may take", "1", 0.0, 1.0, 0.02
    ),
    Parameter(
        "split_time",
        "corner above which the fast device answers",
        "s",
        1e-4,
        1e5,
        1.0,
    ),
    Parameter("fast_soc_target", "charge that the fast device returns to", "1", 0, 1, 0.75),
    Parameter("fast_soc_time", "time constant of that return", "s", 0.1, 1e6, 30.0),
)
"""Parameters of every law: care for the charge, and the fast device's share."""


class Registry:
    """Control laws by name.

    Parameters
    ----------
    laws
        Their records.
    """

    def __init__(self, laws: Iterable[ControlLaw]) -> None:
        self._laws: dict[str, ControlLaw] = {}
        for law in laws:
            self.add(law)

    def add(self, law: ControlLaw) -> None:
        """Take in a law.

        Raises
        ------
        ValueError
            If the name is taken, or a parameter is named twice or has no valid default.
        """
        if law.name in self._laws:
            raise ValueError(f"control law {law.name!r} twice")
        names = [parameter.name for parameter in (*law.parameters, *SHARED)]
        twice = {name for name in names if names.count(name) > 1}
        if twice:
            raise ValueError(
                f"control law {law.name!r}: parameter {min(twice)!r} twice; those of every law are "
                f"{', '.join(parameter.name for parameter in SHARED)}"
            )
        for parameter in law.parameters:
            if parameter.default is not None:
                _check(law.name, parameter, parameter.default)
        self._laws[law.name] = law

    def names(self) -> list[str]:
        """Return the names of all laws."""
        return sorted(self._laws)

    def __iter__(self) -> Iterator[ControlLaw]:
        return iter(self._laws.values())

    def find(self, name: str) -> ControlLaw:
        """Return a law by its name.

        Raises
        ------
        ValueError
            If there is none; names the nearest and all.
        """
        if name not in self._laws:
            raise ValueError(f"unknown control law {name!r}; {_near(name, self.names())}")
        return self._laws[name]

    def values(self, name: str, given: Mapping[str, float]) -> dict[str, float]:
        """Return the value of every parameter of a law: as given, else its default.

        Raises
        ------
        ValueError
            Unknown parameter, one that must be given, or one outside its bounds.
        """
        law = self.find(name)
        known = {parameter.name: parameter for parameter in (*law.parameters, *SHARED)}
        for key in given:
            if key not in known:
                raise ValueError(f"{name}: unknown parameter {key!r}; {_near(key, list(known))}")
        found = {}
        for key, parameter in known.items():
            value = given.get(key, parameter.default)
            if value is None:
                raise ValueError(f"{name}: missing {key} ({parameter.text}, in {parameter.unit})")
            _check(name, parameter, value)
            found[key] = float(value)
        return found

    def control(
        self,
        name: str,
        given: Mapping[str, float],
        plant: Plant,
        *,
        measurement_s: float = 0.0,
        communication_s: float = 0.0,
    ) -> Control:
        """Make a law ready.

        Parameters
        ----------
        name
            Of the law.
        given
            Parameters in SI units; the others keep their defaults.
        plant
            What it is prepared for.
        measurement_s, communication_s
            Age of what the law sees, and time from the law to the inverters.

        Raises
        ------
        ValueError
            As `values`; or a period that is not positive, or a negative delay.
        """
        if not plant.period_s > 0.0:
            raise ValueError(f"expected a control period above 0 s, got {plant.period_s:g} s")
        for what, delay_s in (("measurement", measurement_s), ("communication", communication_s)):
            if not delay_s >= 0.0:
                raise ValueError(f"expected a {what} delay of at least 0 s, got {delay_s:g} s")
        law, values = self.find(name), self.values(name, given)
        for parameter in law.parameters:
            if parameter.window and values[parameter.name] < plant.period_s:
                raise ValueError(
                    f"{name}: {parameter.name} ({values[parameter.name]:g} s) is shorter than the "
                    f"control period ({plant.period_s:g} s)"
                )
        ticks = [round(t * TICKS_PER_S) for t in (plant.period_s, measurement_s, communication_s)]
        return control(
            law, values, plant,
            shared=shared_numbers(values, plant),
            shared_integers=OWN_MEMORY,
            ticks=(ticks[0], ticks[1], ticks[2]),
        )  # fmt: skip


def shared_numbers(values: Mapping[str, float], plant: Plant) -> tuple[float, ...]:
    """Return the numbers that all laws share, in the order of ``common``."""
    limit = values["soc_power_share"]
    return (
        values["soc_target"],
        plant.energy_j / values["soc_time"],
        limit * plant.power_w,
        share_per_period(plant, values["split_time"]),
        values["fast_soc_target"],
        plant.fast_energy_j / values["fast_soc_time"],
        limit * plant.fast_power_w,
    )


def _check(law: str, parameter: Parameter, value: float) -> None:
    if not (math.isfinite(value) and parameter.low <= value <= parameter.high):
        raise ValueError(
            f"{law}: {parameter.name} is {value:g} {parameter.unit}, expected "
            f"{parameter.low:g} to {parameter.high:g} {parameter.unit}"
        )


def _near(word: str, known: list[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"{hint}there are: {', '.join(sorted(known))}"


BUILT_IN = (
    moving_average.RECORD,
    high_pass.RECORD,
    ramp_limit.RECORD,
    droop.RECORD,
    repetitive.RECORD,
    feed_forward.RECORD,
    none.RECORD,
)
"""The laws of this package."""
