# SPDX-License-Identifier: Apache-2.0
"""A machine's governor in a scenario: a record of the datasets, or the record with changes."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.units import Duration, Ratio
from powermodel_datasets.supply_kinds import GAST_FIELDS, GGOV1_FIELDS
from powermodel_kernels.supply.machines import Gast, Ggov1, Governor

_SHARED = ("droop", "deadband", "valve_low", "valve_high")

_KERNEL_NAMES = {
    "opening_rate": "opening",
    "closing_rate": "closing",
    "turbine_lag": "turbine_lag_s",
    "turbine_lead": "turbine_lead_s",
    "exhaust_lag": "exhaust_lag_s",
    "exhaust_lead": "exhaust_lead_s",
}


def tag(value: Any) -> str:
    """Tell a name from a mapping."""
    return "<mapping>" if isinstance(value, dict | Part) else "<name>"


def name_of(kind: str) -> BeforeValidator:
    """Return what refuses the name of a record that there is not."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            hardware.record(kind, value)
        return value

    return BeforeValidator(check)


def given(part: Part) -> dict[str, Any]:
    """Return the fields that are written, but for the record they start from."""
    return {key: value for key, value in part if key != "like" and value is not None}


class GovernorFields(Part):
    """A governor of the datasets with changes; figures on the machine's own base."""

    like: Annotated[str, name_of("governor")]
    """Record to start from."""
    droop: Ratio | None = None
    """Speed change per unit of power."""
    deadband: Ratio | None = None
    """Speed change without response, to each side, per unit."""
    valve_low: Ratio | None = None
    valve_high: Ratio | None = None
    gast_valve_time: Duration | None = None
    """T1 of GAST."""
    gast_turbine_time: Duration | None = None
    """T2 of GAST."""
    gast_exhaust_time: Duration | None = None
    """T3 of GAST."""
    gast_ambient_limit: Ratio | None = None
    """AT of GAST."""
    gast_limit_gain: Ratio | None = None
    """KT of GAST."""
    gast_turbine_damping: Ratio | None = None
    """Dturb of GAST."""
    ggov1_proportional: Ratio | None = None
    """Kpgov of GGOV1."""
    ggov1_integral: Ratio | None = None
    """Kigov of GGOV1, 1/s."""
    ggov1_actuator_time: Duration | None = None
    """Tact of GGOV1."""
    ggov1_turbine_lag: Duration | None = None
    """Tb of GGOV1."""

    @model_validator(mode="after")
    def _fits_the_model(self) -> GovernorFields:
        found = hardware.record("governor", self.like)
        model = _model(found)
        wrong = [key for key in given(self) if key not in (*_SHARED, *_FIELDS[model])]
        if wrong:
            raise InvalidError(
                *(
                    Finding(f"{self.like} is a {model.upper()} governor without {key}", (key,))
                    for key in wrong
                )
            )
        return self


_FIELDS = {"gast": GAST_FIELDS, "ggov1": GGOV1_FIELDS}

GovernorName = Annotated[str, name_of("governor")]
GovernorPart = Annotated[
    Annotated[GovernorName, Tag("<name>")] | Annotated[GovernorFields, Tag("<mapping>")],
    Discriminator(tag),
]


def _model(found: Any) -> str:
    return "gast" if GAST_FIELDS[0] in found else "ggov1"


def governor_of(written: str | GovernorFields) -> Governor:
    """Return the governor that a scenario names or changes, for the kernels."""
    fields = GovernorFields(like=written) if isinstance(written, str) else written
    found = hardware.record("governor", fields.like)
    model = _model(found)
    values = {name: value.value for name, value in found.items()} | given(fields)
    named = {_kernel_name(name.removeprefix(f"{model}_")): v for name, v in values.items()}
    return Gast(**named) if model == "gast" else Ggov1(**named)


def _kernel_name(name: str) -> str:
    return _KERNEL_NAMES.get(name, name.replace("_time", "_s"))
