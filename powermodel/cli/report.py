# SPDX-License-Identifier: Apache-2.0
"""``powermodel report``: one page of a run."""

from __future__ import annotations

from powermodel.cli.errors import CommandError
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
    indicator: Named = None,
    poi: Poi = POI,
    run: int = 0,
) -> None:
    """Write one page of a run or of a study: limits, series, spectrum, assumptions, provenance.

    Of a study, the page holds percentiles, what each axis does, and the worst runs.
    The page is a single HTML file that works offline, on a narrow screen and on paper.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it, or the study that powermodel sweep wrote.
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
    indicator : list of str
        Of a study: which indicators are shown, such as "swing[1 s]"; any number of times.
    run : int
        Which run of a store with many.
    """
    from powermodel.report.page import write_page
    from powermodel.report.page.content import Asked
    from powermodel.report.page.page import need_extra
    from powermodel.response.study import is_study
    from powermodel.store import open_run

    need_extra()
    if is_study(store):
        _study(store, page, indicator, profile, evidence, sizing, ridethrough)
        return
    site = poi.site()
    tree = open_run(store)
    asked = Asked(
        tuple(profile or ()), site, tuple(evidence or ()), sizing or "", ridethrough or ""
    )
    print(write_page(tree, page, asked, run=run))
    say_incomplete(tree)


def _study(store: str, page: str, indicator: list[str] | None, *of_a_run: object) -> None:
    from powermodel.ensemble import open_study
    from powermodel.report.page.study import write_study_page

    if any(of_a_run):
        raise CommandError(
            "this is a study: limits, evidence, a sizing and a ride-through are about one run",
            hint="write its worst run with powermodel sweep --worst, and run that",
        )
    print(write_study_page(open_study(store), page, tuple(indicator or ())))
