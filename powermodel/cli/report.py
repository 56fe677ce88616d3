# SPDX-License-Identifier: Apache-2.0
"""``powermodel report``: one page of a run."""

from __future__ import annotations

from powermodel.cli.planner_options import POI, Named, Poi, say_incomplete


def report(
    store: str,
    page: str,
    /,
    *,
    profile: Named = None,
    evidence: Named = None,
    sizing: str | None = None,
    ridethrough: str | None = None,
    poi: Poi = POI,
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
    sizing : str
        What powermodel size --out wrote: its folder, or the sizing.json in it.
    ridethrough : str
        A published event of sags to take the site through, such as n-virginia-2024-07-10.
    run : int
        Which run of a store with many.
    """
    from powermodel.report.page import write_page
    from powermodel.report.page.content import Asked
    from powermodel.report.page.page import need_extra
    from powermodel.store import open_run

    need_extra()
    site = poi.site()
    tree = open_run(store)
    asked = Asked(
        tuple(profile or ()), site, tuple(evidence or ()), sizing or "", ridethrough or ""
    )
    print(write_page(tree, page, asked, run=run))
    say_incomplete(tree)
