# SPDX-License-Identifier: Apache-2.0
"""A machine's shaft in a scenario: a record of the datasets, with changes, or written out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Discriminator, Tag, model_validator

from powermodel.errors import UnitError
from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption
from powermodel.scenario.supply_governor import given, name_of, tag
from powermodel.units import Count, Duration, Frequency, Ratio
from powermodel_kernels.supply.shaft import Shaft

_LISTS = {"inertia": "inertia", "stiffness": "stiffness", "turbine_shares": "turbine_share"}
"""Key of a list, and what its fields in a record start with."""
_REQUIRED = ("inertia", "stiffness", "generator", "damping", "frequency")


class ShaftFields(Part):
    """A shaft written out, or a dataset record with changes; per unit of the machine's base."""

    like: Annotated[str, name_of("shaft")] | None = None
    """Record to start from."""
    inertia: tuple[Duration, ...] | None = None
    """H of every mass, in their order along the shaft."""
    stiffness: tuple[Ratio, ...] | None = None
    """Torque per electrical radian between each two neighbors."""
    generator: Count | None = None
    """Number of the mass that takes the electrical torque, from 1."""
    damping: Ratio | None = None
    """Damping ratio of every mode."""
    turbine_shares: tuple[Ratio, ...] | None = None
    """Share of the turbine's torque on every mass; left out, all of it on the first one."""
    frequency: Frequency | None = None
    """Nominal frequency that its stiffness, per electrical radian, is for."""

    @model_validator(mode="after")
    def _can_turn(self) -> ShaftFields:
        try:
            shaft_of(self)
        except UnitError:
            raise
        except ValueError as error:
            raise InvalidError(Finding(str(error))) from None
        return self


ShaftPart = Annotated[
    Annotated[Annotated[str, name_of("shaft")], Tag("<name>")]
    | Annotated[ShaftFields, Tag("<mapping>")],
    Discriminator(tag),
]


def shaft_of(written: str | ShaftFields) -> Shaft:
    """Return a shaft for the kernels."""
    fields = ShaftFields.model_construct(like=written) if isinstance(written, str) else written
    values: dict[str, Any] = {} if fields.like is None else _of_record(fields.like)
    values |= given(fields)
    missing = [name for name in _REQUIRED if name not in values]
    if missing:
        raise UnitError(
            f"missing {', '.join(missing)}",
            hint="add them, or 'like: NAME' with a shaft of the datasets to take them from",
        )
    return Shaft(
        values["inertia"], values["stiffness"], values["generator"] - 1, values["frequency"],
        values["damping"], values.get("turbine_shares", ()),
    )  # fmt: skip


def _of_record(name: str) -> dict[str, Any]:
    found = hardware.record("shaft", name)
    values: dict[str, Any] = {
        key: tuple(found[field].value for field in _fields(found, start))
        for key, start in _LISTS.items()
    }
    values |= {key: found[key].value for key in ("damping", "frequency")}
    return values | {"generator": int(found["generator"].value)}


def _fields(found: Any, start: str) -> list[str]:
    """Return the numbered fields of a record, in the order of the masses."""
    return sorted(field for field in found if field.rpartition("_")[0] == start)


def assumptions(written: str | ShaftFields) -> Iterator[Assumption]:
    """Yield the dataset values that stand behind a shaft."""
    fields = ShaftFields(like=written) if isinstance(written, str) else written
    if fields.like is None:
        return
    found, own = hardware.record("shaft", fields.like), given(fields)
    names = [
        name for key, start in _LISTS.items() if key not in own for name in _fields(found, start)
    ]
    names += [name for name in ("generator", "damping", "frequency") if name not in own]
    yield from hardware.assumed("shaft", fields.like, tuple(names))
