# SPDX-License-Identifier: Apache-2.0
"""The control laws that a scenario can name: those of the kernels, and those of plug-ins."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from powermodel.errors import PowermodelError
from powermodel_kernels.control.record import ControlLaw
from powermodel_kernels.control.registry import BUILT_IN, Registry

GROUP = "powermodel.controllers"
"""Entry points of this group name a `ControlLaw` of another package."""


@cache
def controllers() -> Registry:
    """Return all control laws, loaded once.

    Raises
    ------
    PowermodelError
        If a plug-in cannot be loaded, is no control law or takes a name that is in use.
    """
    registry = Registry(BUILT_IN)
    for point in entry_points(group=GROUP):
        place = f"plug-in {point.name!r} ({point.value})"
        hint = "uninstall the package that brings it, or report it to its authors"
        try:
            law = point.load()
        except (ImportError, AttributeError) as error:
            raise PowermodelError(f"cannot be loaded: {error}", where=place, hint=hint) from None
        if not isinstance(law, ControlLaw):
            raise PowermodelError(
                f"expected a ControlLaw, got {type(law).__name__}", where=place, hint=hint
            )
        try:
            registry.add(law)
        except ValueError as error:
            raise PowermodelError(str(error), where=place, hint=hint) from None
    return registry
