# SPDX-License-Identifier: Apache-2.0
"""The site: halls of racks, and what lies between them and the point of interconnection."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Any

from pydantic import Discriminator, Field, Tag, model_validator

from powermodel.scenario import hardware
from powermodel.scenario.base import Finding, InvalidError, Part, Path
from powermodel.scenario.chain import Architecture, lost_w, name_of
from powermodel.scenario.cooling import Cooling
from powermodel.scenario.hardware import AcceleratorSpec, Assumption, RackSpec
from powermodel.scenario.rack_backup import BackupShelf, InputSag
from powermodel.scenario.rack_store import RackStore
from powermodel.units import Count, Duration, Power, Ratio, format_w


def _tag(value: Any) -> str:
    return "<mapping>" if isinstance(value, dict | Part) else "<name>"


class AcceleratorFields(Part):
    """An accelerator written out, or a dataset record with changes."""

    like: Annotated[str, name_of("accelerator")] | None = None
    """Record to start from."""
    tdp: Power | None = None
    idle_power: Power | None = None
    rise_time_10_90: Duration | None = None
    fall_time_90_10: Duration | None = None
    edpp_factor: Annotated[float, Field(ge=1.0, le=3.0)] | None = None
    edpp_time: Duration | None = None
    rating_spread: Ratio | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> AcceleratorFields:
        _accelerator(self)
        return self


class RackFields(Part):
    """A rack written out, or a dataset record with changes."""

    like: Annotated[str, name_of("rack")] | None = None
    """Record to start from."""
    accelerators: Count | None = None
    """Per rack."""
    accelerator: (
        Annotated[
            Annotated[str, name_of("accelerator"), Tag("<name>")]
            | Annotated[AcceleratorFields, Tag("<mapping>")],
            Discriminator(_tag),
        ]
        | None
    ) = None
    rated_power: Power | None = None
    base_power: Power | None = None
    """What is not accelerators, with all of them idle."""
    dynamic_power_ratio: Ratio | None = None
    """Watts of the rest per accelerator watt above idle."""
    supply_rating: Power | None = None
    supply: Annotated[str, name_of("conversion")] | None = None

    @model_validator(mode="after")
    def _is_complete(self) -> RackFields:
        _rack(self)
        return self


def _given(part: Part) -> dict[str, Any]:
    return {key: value for key, value in part if key != "like" and value is not None}


@lru_cache(maxsize=256)
def _accelerator(written: str | AcceleratorFields) -> AcceleratorSpec:
    like = written if isinstance(written, str) else written.like
    given = {} if isinstance(written, str) else _given(written)
    name = f"{like or 'accelerator'} ({', '.join(given)} given)" if given else str(like)
    found = hardware.values("accelerator", hardware.ACCELERATOR_FIELDS, like, given)
    return hardware.accelerator_spec(name, found)


@lru_cache(maxsize=256)
def _rack(written: str | RackFields) -> RackSpec:
    like = written if isinstance(written, str) else written.like
    given = {} if isinstance(written, str) else _given(written)
    name = f"{like or 'rack'} ({', '.join(given)} given)" if given else str(like)
    found = hardware.values("rack", hardware.RACK_FIELDS, like, given)
    return hardware.rack_spec(name, found, _accelerator(found["accelerator"]))


class Hall(Part):
    """A hall of racks of one type."""

    name: str
    rack: Annotated[
        Annotated[str, name_of("rack"), Tag("<name>")] | Annotated[RackFields, Tag("<mapping>")],
        Discriminator(_tag),
    ]
    """Name of a rack of the datasets, or its fields, with ``like: NAME`` to start from one."""
    racks: Count
    store: (
        Annotated[
            Annotated[str, name_of("rack-store"), Tag("<name>")]
            | Annotated[RackStore, Tag("<mapping>")],
            Discriminator(_tag),
        ]
        | None
    ) = None
    """Energy store of every rack: name of a rack-store of the datasets, or its fields."""
    backup: (
        Annotated[
            Annotated[str, name_of("rack-backup"), Tag("<name>")]
            | Annotated[BackupShelf, Tag("<mapping>")],
            Discriminator(_tag),
        ]
        | None
    ) = None
    """Battery backup of every rack: name of a rack-backup of the datasets, or its fields."""

    @property
    def rack_store(self) -> RackStore | None:
        """The energy store of every rack, or None without one."""
        store = RackStore(like=self.store) if isinstance(self.store, str) else self.store
        return None if store is None or store.is_none else store

    @property
    def rack_backup(self) -> BackupShelf | None:
        """The battery backup of every rack, or None without one."""
        return BackupShelf(like=self.backup) if isinstance(self.backup, str) else self.backup

    @property
    def rack_record(self) -> RackSpec:
        """The rack with every value resolved, in SI units."""
        return _rack(self.rack)

    @property
    def supply_name(self) -> str:
        """Record of the supplies of its racks."""
        rack = RackFields(like=self.rack) if isinstance(self.rack, str) else self.rack
        own = rack.supply or (rack.like and hardware.record("rack", rack.like).link("supply"))
        return str(own)

    @property
    def accelerators(self) -> int:
        """Accelerators that the hall holds."""
        return self.racks * self.rack_record.accelerators

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind the rack of this hall."""
        rack = RackFields(like=self.rack) if isinstance(self.rack, str) else self.rack
        given = _given(rack)
        if rack.like is not None:
            fields = tuple(f for f in hardware.RACK_FIELDS if f not in given)
            yield from hardware.assumed("rack", rack.like, fields)
        base = None if rack.like is None else hardware.record("rack", rack.like)
        part = given.get("accelerator") or (base and base.link("accelerator"))
        if not isinstance(part, AcceleratorFields):
            part = AcceleratorFields(like=part)
        if part.like is not None:
            fields = tuple(f for f in hardware.ACCELERATOR_FIELDS if f not in _given(part))
            yield from hardware.assumed("accelerator", part.like, fields)
        yield from hardware.assumed("conversion", self.supply_name, hardware.SUPPLY_FIELDS)
        if self.rack_store is not None:
            yield from self.rack_store.assumptions()
        if self.rack_backup is not None:
            yield from self.rack_backup.assumptions()


class Overhead(Part):
    """What the site draws besides IT: losses and cooling in two numbers, without memory."""

    proportional: Ratio = 0.0
    """Watts per watt of rack input power."""
    constant: Power = 0.0
    """Always drawn."""


class Site(Part):
    """Halls behind one point of interconnection (POI)."""

    name: str = "site"
    halls: tuple[Hall, ...]
    overhead: Overhead | None = None
    """Losses and cooling as two numbers; in its place, architecture and cooling compute them."""
    architecture: (
        Annotated[
            Annotated[str, name_of("architecture"), Tag("<name>")]
            | Annotated[Architecture, Tag("<mapping>")],
            Discriminator(_tag),
        ]
        | None
    ) = None
    """Conversion stages from the POI to the die: name of a record, or a mapping."""
    cooling: Cooling | None = None
    """Cooling as a load that follows the heat of the racks."""
    electrical_limit: Power | None = None
    """Declared limit of power at the POI."""
    sags: tuple[InputSag, ...] = ()
    """Sags and outages at the input of the racks, which their backups carry."""

    @property
    def racks(self) -> int:
        """Racks in all halls; rack numbers run over the halls in their order."""
        return sum(hall.racks for hall in self.halls)

    @property
    def accelerators(self) -> int:
        """Accelerators that all halls hold."""
        return sum(hall.accelerators for hall in self.halls)

    @property
    def chain(self) -> Architecture | None:
        """The architecture as a mapping, or None without one."""
        written = self.architecture
        return Architecture(like=written) if isinstance(written, str) else written

    @property
    def racks_rated_w(self) -> float:
        """Power of all racks at their rating, at the input of their supplies, W."""
        return sum(
            hall.racks * hall.rack_record.rated_power_w / hall.rack_record.supply_peak_efficiency
            for hall in self.halls
        )

    def assumptions(self) -> Iterator[Assumption]:
        """Yield the dataset values that stand behind architecture and cooling."""
        for part in (self.chain, self.cooling):
            if part is not None:
                yield from part.assumptions()

    def settled_load_w(self, racks_w: float) -> float:
        """Return the load at the POI under a power of the racks that has long been there, W.

        Parameters
        ----------
        racks_w
            At the input of their supplies, W.
        """
        load_w, rated_w, chain = racks_w, self.racks_rated_w, self.chain
        cooling_w = 0.0 if self.cooling is None else self.cooling.settled_w(racks_w, rated_w)
        transmission, *others = (None,) if chain is None else chain.outside(rated_w)
        for stage in reversed(others):
            load_w += lost_w(stage, load_w)
        # Cooling hangs at medium voltage, behind the first stage.
        load_w += cooling_w
        load_w += 0.0 if transmission is None else lost_w(transmission, load_w)
        overhead = self.overhead or Overhead()
        return load_w * (1.0 + overhead.proportional) + overhead.constant

    @model_validator(mode="after")
    def _counts_once(self) -> Site:
        given = [key for key in ("architecture", "cooling") if getattr(self, key) is not None]
        found = [*self._misfits()]
        if given and self.overhead is not None:
            found.append(
                Finding(
                    "overhead stands for losses and cooling together, and the site also has "
                    f"{' and '.join(given)}, which would count them twice",
                    ("overhead",),
                    f"leave out either overhead or {' and '.join(given)}",
                )
            )
        if found:
            raise InvalidError(*found)
        return self

    def _misfits(self) -> Iterator[Finding]:
        chain = self.chain
        for index, hall in enumerate(self.halls) if chain is not None else ():
            assert chain is not None
            at: Path = ("halls", index, "rack")
            wanted, own = chain.stage_name("rack"), hall.supply_name
            if wanted != own:
                yield Finding(
                    f"the racks of hall {hall.name!r} have the supply {own!r}, the architecture "
                    f"has {wanted!r} in the rack",
                    at,
                    f"write supply: {wanted} in the rack, or rack: {own} in the architecture",
                )
            yield from (Finding(text, at) for text in _rest_too_small(hall.rack_record, chain))


def _rest_too_small(rack: RackSpec, chain: Architecture) -> Iterator[str]:
    """Say where the regulators on the trays would lose more than the rest of the rack draws."""
    part, many = rack.accelerator, rack.accelerators
    tray = chain.stage("tray", many * part.tdp_w)
    for each_w in (part.idle_w, part.tdp_w):
        rest_w = rack.base_power_w + rack.dynamic_power_ratio * many * (each_w - part.idle_w)
        if lost_w(tray, many * each_w) > rest_w:
            yield (
                f"with accelerators at {format_w(each_w)} the rest of rack {rack.name!r} draws "
                f"{format_w(rest_w)}, less than what the regulators on its trays, "
                f"{chain.stage_name('tray')!r}, lose: {format_w(lost_w(tray, many * each_w))}"
            )
            return
