# SPDX-License-Identifier: Apache-2.0
"""Every format there is: those of this package, and those that others add by entry points.

A plug-in names an `Exporter`, or a tuple of them, under the group ``powermodel.exporters``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import entry_points

from powermodel.exporters import (
    andes,
    comtrade,
    energy,
    networks,
    opendss,
    perc1,
    powerfactory,
    pscad,
    psse,
    tables,
)
from powermodel.exporters.errors import ExportError
from powermodel.exporters.exporter import Exporter

GROUP = "powermodel.exporters"
_SHIPPED = (
    comtrade,
    pscad,
    powerfactory,
    opendss,
    andes,
    psse,
    networks,
    tables,
    energy,
    perc1,
)


@cache
def exporters() -> Mapping[str, Exporter]:
    """Return every format by its name, shipped ones first.

    Raises
    ------
    ExportError
        If a plug-in is no exporter, or takes a name that is taken.
    """
    found = {item.name: item for module in _SHIPPED for item in module.EXPORTERS}
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        loaded = point.load()
        for item in loaded if isinstance(loaded, tuple) else (loaded,):
            if not isinstance(item, Exporter):
                raise ExportError(
                    f"expected an Exporter, got {type(item).__name__}",
                    where=f"plug-in {point.value}",
                )
            if item.name in found:
                raise ExportError(
                    f"the format {item.name!r} is there already", where=f"plug-in {point.value}"
                )
            found[item.name] = item
    return found


def chosen(names: Iterable[str]) -> list[Exporter]:
    """Return the formats of those names, each once.

    Parameters
    ----------
    names : iterable of str
        Each a name or several with commas between.

    Raises
    ------
    ExportError
        For an unknown name, with the nearest one.
    """
    known = exporters()
    wanted = [name.strip() for text in names for name in text.split(",") if name.strip()]
    if not wanted:
        raise ExportError("no format asked for", hint=f"one of: {', '.join(known)}")
    for name in wanted:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}? " if close else ""
            raise ExportError(f"unknown format {name!r}", hint=f"{hint}one of: {', '.join(known)}")
    return [known[name] for name in dict.fromkeys(wanted)]
