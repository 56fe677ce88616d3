# SPDX-License-Identifier: Apache-2.0
"""Units: the one registry, and exact conversion of stated numbers to canonical units."""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pint

DIMENSIONLESS = "1"

# What nearly every number is written in. Reading these without the registry saves each start of the
# program half a second; a test holds every entry to the registry's answer.
EVERYDAY: dict[str, dict[str, Decimal]] = {
    "s": {
        "h": Decimal(3600),
        "min": Decimal(60),
        "s": Decimal(1),
        "ms": Decimal("1e-3"),
        "us": Decimal("1e-6"),
        "ns": Decimal("1e-9"),
    },
    "W": {"GW": Decimal("1e9"), "MW": Decimal("1e6"), "kW": Decimal("1e3"), "W": Decimal(1)},
    "J": {"MWh": Decimal("3.6e9"), "kWh": Decimal("3.6e6"), "kJ": Decimal("1e3"), "J": Decimal(1)},
    "Hz": {"kHz": Decimal("1e3"), "Hz": Decimal(1), "mHz": Decimal("1e-3")},
    DIMENSIONLESS: {DIMENSIONLESS: Decimal(1), "%": Decimal("0.01"), "pu": Decimal(1)},
}
"""Size of everyday units, by the canonical unit they convert to."""


@cache
def unit_registry() -> pint.UnitRegistry[Any]:
    """Return the one unit registry that the package and the layers above share.

    It is pint's default registry with ``pu`` (per unit, of a rating) and ``USD`` added.
    """
    import pint  # half a second, which a mere import of this package must not cost

    registry: pint.UnitRegistry[Any] = pint.UnitRegistry()
    registry.define("per_unit = 1 = pu")
    registry.define("USD = [currency]")
    return registry


@cache
def factor(unit: str, canonical: str) -> Decimal:
    """Return the size of one `unit` in `canonical`.

    Parameters
    ----------
    unit : str
        As a record states it: ``"kW"``, ``"%"``, ``"1"``.
    canonical : str
        ``"W"``, ``"s"``, ``"1"`` ...

    Raises
    ------
    ValueError
        With a message that says which unit was expected.
    """
    everyday = EVERYDAY.get(canonical, {}).get(unit)
    if everyday is not None:
        return everyday
    registry = unit_registry()
    target = "dimensionless" if canonical == DIMENSIONLESS else canonical
    expected = f"expected {describe(canonical)}"
    try:
        one = registry.Quantity(1, "dimensionless" if unit == DIMENSIONLESS else unit)
    except Exception as error:  # pint raises several unrelated types for text it cannot parse
        raise ValueError(f"unknown unit {unit!r}: {expected}") from error
    if not one.is_compatible_with(target):
        raise ValueError(f"wrong unit {unit!r}: {expected}")
    return Decimal(repr(float(one.to(target).magnitude)))


def convert(number: float, unit: str, canonical: str) -> float:
    """Convert decimal digits exactly and round once: 0.82 ms is the float 0.00082.

    Parameters
    ----------
    number : float
        In `unit`.
    unit, canonical : str
        From and to.
    """
    return float(Decimal(repr(number)) * factor(unit, canonical))


def describe(canonical: str) -> str:
    """Say what unit a field wants, for a message."""
    if canonical == DIMENSIONLESS:
        return "a plain number: '1', 'pu' or '%'"
    return f"a unit that converts to {canonical!r}"
