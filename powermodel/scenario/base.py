# SPDX-License-Identifier: Apache-2.0
"""What every part of a scenario shares: strict keys, findings with a place, small value types."""

from __future__ import annotations

import ast
import difflib
import inspect
import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated, Any, ClassVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetJsonSchemaHandler,
    PlainSerializer,
    PlainValidator,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import CoreSchema

from powermodel.errors import UnitError
from powermodel.scenario.hardware import AcceleratorSpec
from powermodel.units import canonical, count, plain_number, quantity

Path = tuple[str | int, ...]
"""Where something stands in a scenario: ``("jobs", 0, "accelerators")``."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at a path below the part that found it."""

    message: str
    at: Path = ()
    hint: str | None = None


class InvalidError(ValueError):
    """Findings on their way through pydantic to the message that the user reads."""

    def __init__(self, *findings: Finding) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def close_to(word: object, valid: Iterable[str]) -> str:
    """Return a hint that names the key nearest to `word`, or all that are valid."""
    known = sorted(valid)
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"valid: {', '.join(known)}"


class Part(BaseModel):
    """Base of all parts: frozen, and strict about its keys. Times, powers ... are SI floats."""

    # A part is built when it is first used: by itself or, as most are, inside the scenario.
    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _only_known_keys(cls, data: Any) -> Any:
        keys = cls.model_fields
        if isinstance(data, cls):
            return data
        if not isinstance(data, dict):
            got = "a list" if isinstance(data, list | tuple) else repr(data)
            raise InvalidError(
                Finding(f"expected a mapping with keys {', '.join(keys)}; got {got}")
            )
        unknown = [key for key in data if key not in keys]
        if unknown:
            raise InvalidError(
                *(Finding(f"unknown key {key!r}", (key,), close_to(key, keys)) for key in unknown)
            )
        return data

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        # Descriptions are read from the source here, when they are asked for: pydantic would do so
        # for every class on every start.
        found = handler(schema)
        fields = handler.resolve_ref_schema(found)["properties"]
        for name, text in _field_docstrings(cls).items():
            fields[name]["description"] = text
        return found


def _field_docstrings(part: type[Part]) -> dict[str, str]:
    """Return the text under each field of a part and of what it inherits from."""
    found: dict[str, str] = {}
    for base in reversed(part.__mro__):
        if not issubclass(base, Part):
            continue
        [tree] = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        assert isinstance(tree, ast.ClassDef)
        for field, text in pairwise(tree.body):
            match field, text:
                case (
                    ast.AnnAssign(target=ast.Name(id=name)),
                    ast.Expr(value=ast.Constant(value=str() as words)),
                ) if name in part.model_fields:
                    found[name] = inspect.cleandoc(words)
    return found


def _between_0_and_1(what: str, hint: str) -> BeforeValidator:
    def check(value: object) -> float:
        number = plain_number(value, f"{what} from 0 to 1")
        if not 0.0 <= number <= 1.0:
            raise UnitError(f"expected {what} from 0 to 1, got {value!r}", hint=hint)
        return number

    return BeforeValidator(check)


_UNIT_INTERVAL = WithJsonSchema({"type": ["number", "string"], "minimum": 0, "maximum": 1})

Sigma = Annotated[
    float,
    _between_0_and_1("a standard deviation (sigma)", "it is relative: 2 percent is 0.02 or '2 %'"),
    _UNIT_INTERVAL,
]
"""A standard deviation relative to its mean."""

Correlation = Annotated[
    float,
    _between_0_and_1("a correlation", "0 is independent, 1 is all in step"),
    _UNIT_INTERVAL,
]
"""A pairwise correlation between accelerators."""


def whole(value: object) -> int:
    """Read a whole number from 0 to 2**63 - 1."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
        raise UnitError(f"expected a whole number of at least 0, got {value!r}")
    return value


Whole = Annotated[int, BeforeValidator(whole), WithJsonSchema({"type": "integer", "minimum": 0})]
"""A whole number of at least 0."""

_LEVEL = re.compile(r"\s*([-+]?[\d._]+(?:[eE][-+]?\d+)?\s*%?)\s*TDP\s*")
_LEVEL_EXAMPLES = "'0.95 TDP', '1140 W' or 'idle'"


@dataclass(frozen=True, slots=True)
class PowerLevel:
    """Electrical power of one accelerator: a multiple of its TDP, watts, or its idle power."""

    value: float
    """In `unit`."""
    unit: str
    """``"TDP"``, ``"W"`` or ``"idle"`` (`value` is 1 then)."""

    @classmethod
    def parse(cls, value: object) -> PowerLevel:
        """Read ``"0.95 TDP"``, ``"95 % TDP"``, ``"1140 W"`` or ``"idle"``."""
        if isinstance(value, PowerLevel):
            return value
        if not isinstance(value, str):
            bare = isinstance(value, int | float) and not isinstance(value, bool)
            wrong = "missing unit" if bare else "not a power level"
            raise UnitError(
                f"{wrong}: expected a power level such as {_LEVEL_EXAMPLES}, got {value!r}"
            )
        if value.strip() == "idle":
            return cls(1.0, "idle")
        match = _LEVEL.fullmatch(value)
        number = plain_number(match[1], "a multiple of TDP") if match else quantity(value, "W")
        if number < 0:
            raise UnitError(f"expected a power level of at least 0, got {value!r}")
        return cls(number, "TDP" if match else "W")

    def watts(self, accelerator: AcceleratorSpec) -> float:
        """Return the level in W for one `accelerator`."""
        if self.unit == "W":
            return self.value
        return self.value * (accelerator.tdp_w if self.unit == "TDP" else accelerator.idle_w)

    def __str__(self) -> str:
        if self.unit == "idle":
            return "idle"
        return canonical(self.value, "W") if self.unit == "W" else f"{self.value!r} TDP"


Level = Annotated[
    PowerLevel,
    PlainValidator(PowerLevel.parse),
    PlainSerializer(str, str),
    WithJsonSchema({"type": "string", "description": f"a power level such as {_LEVEL_EXAMPLES}"}),
]


@dataclass(frozen=True, slots=True)
class Every:
    """How often something happens: after a time, or after a number of iterations."""

    value: float
    """In `unit`."""
    unit: str
    """``"s"`` or ``"iterations"``."""

    @classmethod
    def parse(cls, value: object) -> Every:
        """Read ``"20 min"`` or ``"100 iterations"``."""
        if isinstance(value, Every):
            return value
        if isinstance(value, str) and (match := re.fullmatch(r"\s*(\S+)\s+iterations?\s*", value)):
            number = plain_number(match[1], "a number of iterations")
            return cls(float(count(number)), "iterations")
        if not isinstance(value, str):
            raise UnitError(f"missing unit: expected '20 min' or '100 iterations', got {value!r}")
        time_s = quantity(value, "s")
        if time_s <= 0:
            raise UnitError(f"expected a time above 0 s, got {value!r}")
        return cls(time_s, "s")

    def __str__(self) -> str:
        return canonical(self.value, "s") if self.unit == "s" else f"{self.value:.0f} iterations"


EveryField = Annotated[
    Every,
    PlainValidator(Every.parse),
    PlainSerializer(str, str),
    WithJsonSchema({"type": "string", "examples": ["20 min", "100 iterations"]}),
]
