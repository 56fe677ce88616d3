# SPDX-License-Identifier: Apache-2.0
"""Which controller drives the storage, how often it acts, and its parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from pydantic import ConfigDict, model_validator

from powermodel.errors import UnitError
from powermodel.scenario.base import Finding, InvalidError, Part, close_to
from powermodel.scenario.controllers import controllers
from powermodel.scenario.hardware import Assumption
from powermodel.units import Duration, canonical, plain_number, quantity
from powermodel_kernels.control.record import ControlLaw, Parameter
from powermodel_kernels.control.registry import SHARED

_OWN = ("kind", "period")
_WRITTEN = ("s", "W", "J", "Hz")


class StorageControl(Part):
    """A control law by its name. Its parameters stand beside these keys: ``window: "20 s"``."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="allow", use_attribute_docstrings=True
    )

    kind: str
    """Name of the law."""
    period: Duration = 0.01
    """Time between two actions."""

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, data: Any) -> Any:
        if isinstance(data, cls):
            return data
        if not isinstance(data, dict):
            got = "a list" if isinstance(data, list | tuple) else repr(data)
            raise InvalidError(Finding(f"expected a mapping with a key kind; got {got}"))
        law = _law(data.get("kind"))
        own = {key: data[key] for key in _OWN if key in data}
        return own | _written(law, {k: v for k, v in data.items() if k not in _OWN})

    @property
    def law(self) -> ControlLaw:
        """The law with its parameters."""
        return controllers().find(self.kind)

    @property
    def given(self) -> dict[str, float]:
        """The parameters that the scenario gives, in SI units."""
        extra = self.model_extra or {}
        known = _parameters(self.law)
        return {key: _read(known[key], text) for key, text in extra.items() if text is not None}

    @property
    def values(self) -> dict[str, float]:
        """The value of every parameter, in SI units."""
        return controllers().values(self.kind, self.given)

    @model_validator(mode="after")
    def _windows_hold_a_period(self) -> StorageControl:
        known, values = _parameters(self.law), self.values
        found = [
            Finding(
                f"{key} {canonical(values[key], 's')} is shorter than the control period "
                f"{canonical(self.period, 's')}",
                (key,),
                "lengthen it, or let the controller act more often (period)",
            )
            for key, parameter in known.items()
            if parameter.window and values[key] < self.period
        ]
        if found:
            raise InvalidError(*found)
        return self

    def assumptions(self, at: str) -> Iterator[Assumption]:
        """Yield the defaults that stand behind the parameters that are not given."""
        given = self.given
        for key, parameter in _parameters(self.law).items():
            if key not in given and parameter.default is not None:
                yield Assumption(
                    f"{at}.{key}",
                    parameter.default,
                    parameter.unit,
                    parameter.source,
                    parameter.confidence,
                )


def _law(kind: Any) -> ControlLaw:
    names = controllers().names()
    if isinstance(kind, str) and kind in names:
        return controllers().find(kind)
    if kind is None:
        raise InvalidError(Finding("missing", ("kind",), f"one of {', '.join(names)}"))
    raise InvalidError(Finding(f"unknown controller {kind!r}", ("kind",), close_to(kind, names)))


def _parameters(law: ControlLaw) -> dict[str, Parameter]:
    return {parameter.name: parameter for parameter in (*law.parameters, *SHARED)}


def _read(parameter: Parameter, value: object) -> float:
    if parameter.unit == "1":
        return plain_number(value, f"a number such as {parameter.default or 0.5:g}")
    return quantity(value, parameter.unit)


def _written(law: ControlLaw, data: dict[str, Any]) -> dict[str, Any]:
    """Return every parameter as text with its unit, or None where its default holds."""
    known, found = _parameters(law), []
    result: dict[str, Any] = dict.fromkeys(known)
    for key, value in data.items():
        if value is None:
            continue
        if key not in known:
            what = f"unknown parameter {key!r} of controller {law.name!r}"
            found.append(Finding(what, (key,), close_to(key, [*_OWN, *known])))
            continue
        try:
            number = _read(known[key], value)
        except UnitError as error:
            found.append(Finding(error.message, (key,), error.hint))
            continue
        found += _out_of_bounds(known[key], number)
        result[key] = _text(known[key], number)
    for key, parameter in known.items():
        if parameter.default is None and data.get(key) is None:
            what = f"missing: controller {law.name!r} needs it ({parameter.text}, {parameter.unit})"
            found.append(Finding(what, (key,)))
    if found:
        raise InvalidError(*found)
    return result


def _out_of_bounds(parameter: Parameter, number: float) -> list[Finding]:
    if parameter.low <= number <= parameter.high:
        return []
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    message = f"expected {parameter.low:g} to {parameter.high:g}{unit}, got {number:g}{unit}"
    return [Finding(message, (parameter.name,), parameter.text)]


def _text(parameter: Parameter, number: float) -> str | float:
    if parameter.unit == "1":
        return number
    if parameter.unit in _WRITTEN:
        return canonical(number, parameter.unit)
    return f"{number!r} {parameter.unit}"
