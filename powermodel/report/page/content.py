# SPDX-License-Identifier: Apache-2.0
"""What stands on a page: all that is read and computed of one run, before any of it is HTML."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from powermodel.errors import PowermodelError
from powermodel.evidence import EvidenceRun, Profile, Row
from powermodel.evidence import assess as assess_evidence
from powermodel.indicators.buffering import buffering
from powermodel.indicators.conversion import conversion
from powermodel.indicators.indicator import Indicator, Summary
from powermodel.indicators.labelled import summary
from powermodel.indicators.labelled_shape import shape
from powermodel.indicators.mains import check_mains
from powermodel.indicators.supply import supply
from powermodel.limits.profiles import Verdict, assess, rules_of
from powermodel.limits.rule_measures import Site
from powermodel.observers import Reading
from powermodel.report.errors import ReportError
from powermodel.report.page.charts import Chart, charts_of
from powermodel.report.page.closeups import Closeup, closeups
from powermodel.report.page.flicker import flicker_part
from powermodel.report.page.instruments import instrument_part, seen_by_instruments
from powermodel.report.page.line import line_part
from powermodel.report.page.parts import Part
from powermodel.report.page.ride import ride_part
from powermodel.report.page.series import MAX_CELLS, PageSeries, site_series
from powermodel.report.page.sizing import read_sizing, sizing_part
from powermodel.report.view import title_of
from powermodel.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

_CELL_BYTES = 3_600_000
"""For the cells of all series together, before base64: a page stays below 15 MB."""
_BYTES_PER_CELL = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page is to hold a run against.

    Parameters
    ----------
    profiles : tuple of str
        Of limits: names, or YAML files.
    site : Site
        What rules must know beside the record.
    evidence : tuple of str
        Qualifications of storage: names, or YAML files.
    sizing : str
        What ``powermodel size --out`` wrote: the folder, or its JSON file; none if empty.
    ridethrough : str
        A published event of sags that the site is taken through; none if empty.
    """

    profiles: tuple[str, ...] = ()
    site: Site = field(default_factory=Site)
    evidence: tuple[str, ...] = ()
    sizing: str = ""
    ridethrough: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What stands on a page."""

    title: str
    complete: bool
    whole_s: float
    duration_s: float
    charts: list[Chart]
    parts: list[Closeup]
    summary: Summary
    shape: tuple[Indicator, ...]
    """Load factor, cycling, oscillation by band, the line over time, coincidence."""
    layers: list[Indicator]
    verdicts: list[Verdict]
    qualifications: list[tuple[Profile, list[Row]]]
    readings: list[Reading]
    """What instruments would show."""
    beside: list[Part]
    """Flicker, and what was asked for beside the run."""
    sizing: dict[str, Any] | None
    """As it was read."""
    scenario: Scenario | None
    unread: str
    """Why there is no scenario."""
    attributes: dict[str, Any]

    @property
    def indicators(self) -> list[Indicator]:
        """All of them: levels, ramps, bands and lines, then the shape, then the layers."""
        return [*self.summary, *self.shape, *self.layers]

    @property
    def power(self) -> Chart:
        """The chart of the load and of what the grid gets."""
        return self.charts[0]

    @property
    def poi(self) -> PageSeries:
        """The power at the POI."""
        return next(item for item in self.power.series if item.path == "poi/power")


def content_of(tree: xr.DataTree, asked: Asked, run: int = 0) -> Content:
    """Read and compute what stands on the page of one run.

    Parameters
    ----------
    tree : DataTree
        As `powermodel.store.open_run` gives it.
    asked : Asked
        Limits and qualifications.
    run : int
        Position of the run, where there are many.
    """
    one = one_run(tree, run)
    attributes = {str(name): value for name, value in tree.attrs.items()}
    scenario, unread = _scenario(attributes)
    # Names and mains are checked before the long work starts.
    check_mains(tree, asked.site.mains_hz)
    rules = [rule for name in asked.profiles for rule in rules_of(name)]
    qualifications = [Profile.load(name) for name in asked.evidence]
    sizing = read_sizing(Path(asked.sizing)) if asked.sizing else None
    rides = [ride_part(_needed(scenario), asked.ridethrough)] if asked.ridethrough else []
    series = site_series(one, _cells_each(one))
    poi = next((item for item in series if item.path == "poi/power"), None)
    if poi is None:
        raise ReportError("expected a run with the power at the POI (/poi/power), got none")
    charts = charts_of(series)
    found, shaped = summary(one), shape(one)
    seen = seen_by_instruments(poi, found, asked.site)
    verdicts = assess(one, rules, asked.site) if rules else []
    duration_s = poi.grid.samples * poi.grid.dt_s
    return Content(
        title=title_of(attributes),
        complete=bool(attributes.get("complete", 1)),
        whole_s=float(attributes.get("whole_s", duration_s)),
        duration_s=float(attributes.get("duration_s", duration_s)),
        charts=charts,
        parts=closeups(poi.grid, found, verdicts, scenario),
        summary=found,
        shape=shaped.indicators,
        layers=[
            *conversion(one),
            *buffering(one),
            *_fed(one, scenario),
        ],
        verdicts=verdicts,
        qualifications=list(_qualified(one, qualifications, scenario)),
        readings=seen,
        beside=[
            *line_part(shaped.track, charts[0]),
            flicker_part(charts[0].series, asked.site),
            instrument_part(seen),
            *rides,
            *([sizing_part(sizing, str(attributes.get("scenario_digest")))] if sizing else []),
        ],
        sizing=sizing,
        scenario=scenario,
        unread=unread,
        attributes=attributes,
    )


def one_run(tree: xr.DataTree, run: int) -> xr.DataTree:
    """Return one run of a store.

    Raises
    ------
    ReportError
        If there is no such run.
    """
    runs = int(tree["poi"].sizes.get("run", 1)) if "poi" in tree.children else 1
    if not 0 <= run < runs:
        raise ReportError(f"expected a run from 0 to {runs - 1}, got {run}")

    def chosen(dataset: xr.Dataset) -> xr.Dataset:
        return dataset.isel(run=slice(run, run + 1)) if "run" in dataset.dims else dataset

    import xarray as xr

    nodes = {node.path: chosen(node.to_dataset()) for node in tree.subtree}
    picked: xr.DataTree = xr.DataTree.from_dict(nodes)
    picked.attrs.update(tree.attrs)
    return picked


def _cells_each(tree: xr.DataTree) -> int:
    names = (
        "poi",
        "load",
        "losses",
        "chain",
        "cooling",
        "storage",
        "fast_storage",
        "rack_store",
        "rack_backup",
        "smoothing",
        "supply",
        "forming",
        "grid",
        "connection",
        "onsite",
    )
    count = sum(len(tree[name].data_vars) for name in names if name in tree.children)
    return min(MAX_CELLS, _CELL_BYTES // (_BYTES_PER_CELL * max(count, 1)))


def _scenario(attributes: dict[str, Any]) -> tuple[Scenario | None, str]:
    """Read the scenario of a run; of an older or a made-up store it may not be readable."""
    try:
        return Scenario.from_yaml(attributes.get("scenario", "")), ""
    except PowermodelError as error:
        return None, f"the store's scenario cannot be read by this version: {error.message}"


def _needed(scenario: Scenario | None) -> Scenario:
    if scenario is None:
        raise ReportError(
            "a qualification or a ride-through needs the scenario of the run, which is unreadable"
        )
    return scenario


def _fed(tree: xr.DataTree, scenario: Scenario | None) -> list[Indicator]:
    """Return what fed the site: island, shafts, grid, connection, own generation."""
    if scenario is None:
        return []
    return [item for items in supply(tree, scenario).values() for item in items]


def _qualified(
    tree: xr.DataTree, profiles: Sequence[Profile], scenario: Scenario | None
) -> Iterator[tuple[Profile, list[Row]]]:
    """Yield each qualification with its rows."""
    for profile in profiles:
        base_w = _needed(scenario).nameplate_w()  # the strongest phase at the POI
        yield profile, assess_evidence(profile, EvidenceRun.of_results(tree, base_w))
