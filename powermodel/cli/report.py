# SPDX-License-Identifier: Apache-2.0
"""``powermodel report``: one page of a run."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from powermodel.cli.limits import say_incomplete, site_of

Named = Annotated[list[str] | None, Parameter(negative="")]


def report(
    store: str,
    page: str,
    /,
    *,
    profile: Named = None,
    evidence: Named = None,
    rated: str | None = None,
    short_circuit: str | None = None,
    x_over_r: float | None = None,
    power_factor: float | None = None,
    mains: float | None = None,
    run: int = 0,
) -> None:
    """Write one page of a run: limits, series, spectrum, indicators, assumptions, provenance.

    The page is a single HTML file that works offline, on a narrow screen and on paper.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    page : str
        The file to write: .html.
    profile : list of str
        Name of a profile of limits such as ercot, or a YAML file; any number of times.
    evidence : list of str
        Name of a qualification of storage such as nvidia-bess-1.0, or a YAML file.
    rated : str
        Rated or contracted power, the base of limits in percent: "1 GW".
    short_circuit : str
        Short-circuit power of the grid at the POI, for voltage and flicker: "10 GVA".
    x_over_r : float
        X/R of that grid.
    power_factor : float
        Displacement power factor of the load.
    mains : float
        Mains frequency for flicker: 50 or 60.
    run : int
        Which run of a store with many.
    """
    from powermodel.report.page import write_page
    from powermodel.report.page.content import Asked
    from powermodel.report.page.page import need_extra
    from powermodel.store import open_run

    need_extra()
    site = site_of(rated, short_circuit, x_over_r, power_factor, mains)
    tree = open_run(store)
    asked = Asked(tuple(profile or ()), site, tuple(evidence or ()))
    print(write_page(tree, page, asked, run=run))
    say_incomplete(tree)
