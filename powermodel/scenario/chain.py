# SPDX-License-Identifier: Apache-2.0
"""The conversion stages between the grid and the die, and the mode that they have together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Discriminator, Tag, model_validator

from powermodel.scenario.base import Finding, InvalidError, Part
from powermodel.scenario.hardware import Assumption, assumed, record
from powermodel.units import Frequency, Ratio, format_s
from powermodel_datasets.record import Record
from powermodel_datasets.supply_kinds import SLOTS
from powermodel_kernels.laws.electrical import stage_loss
from powermodel_kernels.supply.chainmode import ChainMode
from powermodel_kernels.supply.waterfall import LossStage

OUTSIDE = SLOTS[: SLOTS.index("rack")]
"""Slots between the grid and the racks: a run adds their losses to the load of the racks."""
BEHIND = SLOTS[SLOTS.index("rack") + 1 :]
"""Slots inside what a rack feeds: their losses are contained in the power of rest and modules."""

STEPS_PER_PERIOD = 20
"""A swing near the mode needs this many samples a period to be seen with its height."""

_ENDS = {
    "transmission": ("transmission_voltage", "medium_voltage"),
    "distribution": ("medium_voltage", "distribution_voltage"),
    "rack": ("distribution_voltage", "rack_voltage"),
    "tray": ("rack_voltage", "tray_voltage"),
    "module": ("tray_voltage", "die_voltage"),
}
"""Voltages before and after the stages that change it."""
_LOSSES = ("constant_loss", "linear_loss", "quadratic_loss")
_REACTIVE = ("reactance", "magnetizing_current", "power_factor")


def name_of(kind: str) -> BeforeValidator:
    """Return the check that a text is the name of a record."""

    def check(value: Any) -> Any:
        if isinstance(value, str):
            record(kind, value)
        return value

    return BeforeValidator(check)


def _tag(value: Any) -> str:
    return "<mapping>" if isinstance(value, dict | Part) else "<name>"


class Mode(Part):
    """The coupled mode of bus capacitance, supply control and UPS control."""

    frequency: Frequency
    """Slower swings are amplified up to about here, faster ones attenuated."""
    damping: Ratio
    """Damping ratio, above 0 and below 1."""

    @model_validator(mode="after")
    def _oscillates(self) -> Mode:
        if not 0.0 < self.damping < 1.0:
            raise InvalidError(
                Finding(
                    f"expected a damping ratio above 0 and below 1, got {self.damping:g}",
                    ("damping",),
                )
            )
        return self


StageName = Annotated[str, name_of("loss-stage")] | None


class Architecture(Part):
    """The stage in every slot between grid and die: a dataset record, with changes."""

    like: Annotated[str, name_of("architecture")]
    """Record to start from."""
    transmission: StageName = None
    """From transmission to medium voltage: a record of the kind loss-stage in place of the
    architecture's, ``none`` for no stage; so for every slot."""
    distribution: StageName = None
    """From medium voltage to that of the halls."""
    ups: StageName = None
    """Uninterruptible supply."""
    busway: StageName = None
    """To the racks."""
    rack: StageName = None
    """Supply shelf: must be the ``supply`` of the racks, which loses it rack by rack."""
    tray: StageName = None
    """Regulators before the module; part of the rest of the rack."""
    module: StageName = None
    """Regulators on the module; part of the module's power."""
    rating_ratio: Ratio = 1.0
    """Rated output of every stage outside the racks over what it passes on with all racks at their
    rating: 2 for two paths that share the load."""
    mode: (
        Annotated[
            Annotated[str, name_of("chain-mode"), Tag("<name>")]
            | Annotated[Mode, Tag("<mapping>")],
            Discriminator(_tag),
        ]
        | None
    ) = None
    """How supplies and UPS together answer a swing: a record of the kind chain-mode, or frequency
    and damping; left out, they pass it on as it is."""

    @model_validator(mode="after")
    def _can_run(self) -> Architecture:
        if not self.rating_ratio > 0.0:
            raise InvalidError(Finding("expected a ratio above 0", ("rating_ratio",)))
        if isinstance(self.mode, str) and self.stage_name("ups") == "none":
            raise InvalidError(
                Finding(
                    f"the mode {self.mode!r} is that of supplies and UPS together, and there is no "
                    "UPS in this architecture",
                    ("mode",),
                    "leave mode out, or write {frequency: ..., damping: ...} of your own chain",
                )
            )
        return self

    @property
    def record(self) -> Record:
        """The record behind it, which has the voltages."""
        return record("architecture", self.like)

    def stage_name(self, slot: str) -> str:
        """Return the record of the stage in a slot."""
        own: str | None = getattr(self, slot)
        return own or self.record.link(slot)

    def stage(self, slot: str, rating_w: float) -> LossStage:
        """Return the stage in a slot, all its units together.

        Parameters
        ----------
        slot
            One of `SLOTS`.
        rating_w
            Rated output, W.
        """
        found = record("loss-stage", self.stage_name(slot))
        before, after = _ENDS.get(slot, (None, None))

        def value(field: str, default: float = 0.0) -> float:
            return float(found[field].value) if field in found else default

        return LossStage(
            name=slot,
            rating_w=rating_w,
            constant=value("constant_loss"),
            linear=value("linear_loss"),
            quadratic=value("quadratic_loss"),
            on_module=slot == "module",
            input_v=float(self.record[before].value) if before else math.nan,
            output_v=float(self.record[after].value) if after else math.nan,
            reactance=value("reactance"),
            magnetizing=value("magnetizing_current"),
            power_factor=value("power_factor", math.nan),
        )

    def rated(self, slots: tuple[str, ...], full_w: float) -> list[LossStage]:
        """Return stages in a row, each rated for what it passes on at full load.

        Parameters
        ----------
        slots
            Neighbors of `SLOTS`, grid first.
        full_w
            Power behind the last of them at full load, W; of a slot on the module, before it.
        """
        stages: list[LossStage] = []
        behind_w = full_w
        for slot in reversed(slots):
            stage = self.stage(slot, behind_w)
            stages.insert(0, stage)
            # The regulators on the module are inside the module's power, which already feeds them.
            if not stage.on_module:
                behind_w *= 1.0 + stage.constant + stage.linear + stage.quadratic
        return stages

    def outside(self, racks_w: float) -> list[LossStage]:
        """Return the stages between grid and racks, for racks that draw that much at their rating.

        Parameters
        ----------
        racks_w
            At the input of their supplies, W.
        """
        exact = self.rated(OUTSIDE, racks_w)
        return [stage._replace(rating_w=stage.rating_w * self.rating_ratio) for stage in exact]

    def chain_mode(self, racks_w: float) -> ChainMode | None:
        """Return the mode for the kernels, if there is one; parameters as in `outside`."""
        if self.mode is None:
            return None
        if isinstance(self.mode, Mode):
            return ChainMode(self.mode.frequency, self.mode.damping, racks_w)
        found = record("chain-mode", self.mode)
        return ChainMode(found["frequency"].value, found["damping"].value, racks_w)

    def findings(self, dt_s: float) -> Iterator[Finding]:
        """Yield what does not fit a step, s."""
        mode = self.chain_mode(1.0)
        if mode is not None and dt_s * mode.frequency_hz * STEPS_PER_PERIOD > 1.0 + 1e-9:
            most_s = 1.0 / (mode.frequency_hz * STEPS_PER_PERIOD)
            yield Finding(
                f"the step {format_s(dt_s)} is too coarse for the chain's mode at "
                f"{mode.frequency_hz:g} Hz: expected at most {format_s(most_s)}",
                ("mode",),
                "shorten time.dt, or leave mode out",
            )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that a run takes from stages and mode."""
        for slot in SLOTS:
            name = self.stage_name(slot)
            found = record("loss-stage", name)
            yield from assumed(
                "loss-stage", name, tuple(f for f in (*_LOSSES, *_REACTIVE) if f in found)
            )
        if isinstance(self.mode, str):
            yield from assumed("chain-mode", self.mode, ("frequency", "damping"))

    def describe(self) -> str:
        """Say in a line which architecture it is."""
        changed = [f"{slot} {own}" for slot in SLOTS if (own := getattr(self, slot))]
        mode = self.chain_mode(1.0)
        if mode is not None:
            changed.append(f"mode at {mode.frequency_hz:g} Hz")
        return ", ".join((self.like, *changed))


def lost_w(stage: LossStage, delivered_w: float) -> float:
    """Return what a stage loses at one operating point, W."""
    numbers = (delivered_w / stage.rating_w, stage.constant, stage.linear, stage.quadratic)
    return float(stage_loss(*(np.float32(number) for number in numbers))) * stage.rating_w
