# SPDX-License-Identifier: Apache-2.0
"""``powermodel study``: what the runs of a study say together, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson
from powermodel.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    import xarray as xr

    from powermodel.ensemble.convergence import Convergence

_ROWS = 8
_SHARES = (50.0, 10.0, 1.0, 0.1, 0.01)
"""Of all samples, in percent."""


def study(
    store: str,
    /,
    *,
    indicator: str = "swing[1 s]",
    percentile: float = 99.0,
    picture: str | None = None,
    tornado: str | None = None,
    convergence: str | None = None,
    exceedance: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Print what a study says: percentiles, effects, sensitivity, and whether runs suffice.

    Parameters
    ----------
    store : str
        The study, as powermodel sweep wrote it.
    indicator : str
        What is asked about.
    percentile : float
        Which percentile over the seeds, or over the samples, must hold.
    picture : str
        Draw percentiles and effects of the indicator: .png, .svg or .pdf.
    tornado : str
        Draw what moves the indicator most: .png, .svg or .pdf.
    convergence : str
        Draw the percentile against the number of runs: .png, .svg or .pdf.
    exceedance : str
        Draw how often power and ramps are exceeded: .png, .svg or .pdf. The study must have counted
        them: keep: {exceedance: true}.
    as_json : bool
        Print JSON: effects, sensitivity, convergence.
    """
    from powermodel.ensemble import open_study
    from powermodel.ensemble import tornado as spans

    runs = open_study(store)
    settling = _settling(runs, indicator, percentile)
    if as_json:
        bars = {name: {"low": low, "high": high} for name, low, high in spans(runs, indicator)}
        found = _indices(runs, indicator)
        told: dict[str, Any] = {
            "indicator": indicator,
            "runs": runs.attrs["runs"],
            "runs_whole": runs.attrs["runs_whole"],
            "effects": bars,
            "sensitivity": None if found is None else found.to_dict(),
            "convergence": None if settling is None else _settling_json(settling),
            "exceeded": _exceeded(runs),
        }
        print_json(told)
    else:
        _say(runs, indicator, settling)
    drawn = draw(runs, indicator, picture, tornado)
    if exceedance is not None:
        from powermodel.report.exceedance_plot import plot_exceedance

        drawn.append(str(plot_exceedance(runs, exceedance)))
    if not as_json:
        print("".join(f"{path}\n" for path in drawn), end="")
    if convergence is not None:
        _draw_settling(settling, indicator, convergence, as_json)


def draw(runs: xr.DataTree, indicator: str, picture: str | None, tornado: str | None) -> list[str]:
    """Draw the pictures of a study that are asked for, and return where they are."""
    found = []
    if picture is not None:
        from powermodel.report.study_plot import plot_study

        found.append(str(plot_study(runs, indicator, picture)))
    if tornado is not None:
        from powermodel.report.tornado import plot_tornado

        found.append(str(plot_tornado(runs, indicator, tornado)))
    return found


def _draw_settling(settling: Convergence | None, indicator: str, path: str, as_json: bool) -> None:
    from powermodel.cli.errors import CommandError
    from powermodel.report.convergence_plot import plot_convergence

    if settling is None:
        raise CommandError(
            f"expected at least 4 runs of {indicator!r} at one point",
            where="--convergence",
            hint="add seeds and go on with powermodel sweep --resume",
        )
    drawn = plot_convergence(settling, path)
    if not as_json:
        print(drawn)


def _settling(runs: xr.DataTree, indicator: str, percent: float) -> Convergence | None:
    """Return how the percentile settles over seeds, or samples too; None with too few runs."""
    from powermodel.ensemble import StudyError, convergence
    from powermodel.ensemble.reduction import indicator_of

    values = indicator_of(runs, indicator)
    over = tuple(name for name in ("sample", "seed") if name in values.dims)
    try:
        return convergence(runs, indicator, percent, over)
    except StudyError:
        if not 0.0 <= percent <= 100.0:
            raise
        return None


def _settling_json(found: Convergence) -> dict[str, Any]:
    from dataclasses import fields

    given = {item.name: getattr(found, item.name) for item in fields(found)}
    plain = {name: v.tolist() if hasattr(v, "tolist") else v for name, v in given.items()}
    return plain | {"settled": found.settled(), "verdict": found.verdict()}


def _indices(runs: xr.DataTree, indicator: str) -> xr.Dataset | None:
    """Return the indices of sensitivity of a study that was drawn for them."""
    from powermodel.ensemble import Study, sensitivity

    samples = Study.from_yaml(runs.attrs["study"]).samples
    if samples is None or samples.method not in ("saltelli", "morris"):
        return None
    return sensitivity(runs, indicator)


def _say(runs: xr.DataTree, indicator: str, settling: Convergence | None) -> None:
    from powermodel.ensemble import tornado
    from powermodel.ensemble.reduction import indicator_of
    from powermodel.indicators.indicator import display

    unit = str(indicator_of(runs, indicator).attrs["units"])
    attributes = runs.attrs
    print(f"{attributes['title']}, {attributes['runs_whole']:,} of {attributes['runs']:,} runs\n")
    rows = [
        (name, display(low, unit), display(high, unit), display(high - low, unit))
        for name, low, high in tornado(runs, indicator)
        if name != "sample"
    ]
    if rows:
        header = (f"mean {indicator} along", "smallest", "largest", "span")
        print_table(rows, header=header, right=(1, 2, 3))
    _say_indices(runs, indicator)
    if settling is not None:
        _say_settling(settling)
    _say_exceeded(runs)
    _say_events(runs)


def _exceeded(runs: xr.DataTree) -> dict[str, dict[str, float]]:
    """Return what is exceeded in some shares of all samples, W, where they were counted."""
    from powermodel.ensemble import exceedance
    from powermodel.ensemble.exceedance import counted_quantities

    found = {name: exceedance(runs, name) for name in counted_quantities(runs)}
    return {
        name: {f"{share:g} %": one.quantile(1.0 - share / 100.0) for share in _SHARES}
        for name, one in found.items()
        if one.total
    }


def _say_exceeded(runs: xr.DataTree) -> None:
    from powermodel.indicators.indicator import display

    found = _exceeded(runs)
    if found:
        print()
        rows = [(name, *(display(v, "W") for v in one.values())) for name, one in found.items()]
        shares = [f"{share:g} %" for share in _SHARES]
        right = tuple(range(1, len(shares) + 1))
        print_table(rows, header=("exceeded in a share of all samples", *shares), right=right)


def _say_events(runs: xr.DataTree) -> None:
    """Print when the worst moments of the first run were, and by which rule they were kept."""
    from powermodel.indicators.indicator import display
    from powermodel.units import format_s

    if "events" not in runs.children:
        return
    for name, node in runs["events"].children.items():
        first = node.to_dataset().isel({dim: 0 for dim in node["at"].dims if dim != "event"})
        at, change = first["at"].to_numpy(), first["change"].to_numpy()
        rows = [
            (format_s(float(when)), display(float(what), "W"))
            for when, what in zip(at, change, strict=True)
            if when == when
        ]
        print()
        print_table(rows[:_ROWS], header=(f"{name} of the first run at", "change"), right=(0, 1))
        print(f"kept: {node['at'].attrs['rule']}")


def _say_indices(runs: xr.DataTree, indicator: str) -> None:
    from powermodel.indicators.indicator import display

    found = _indices(runs, indicator)
    if found is None:
        return
    found = found.isel({dim: 0 for dim in found.dims if dim != "parameter"})
    shown = [name for name in found.data_vars if not str(name).endswith("_interval")]
    rows = []
    for place, parameter in enumerate(found["parameter"].to_numpy()):
        row = [str(parameter)]
        for name in shown:
            unit = str(found[name].attrs["units"])
            text = display(float(found[name][place]), unit)
            half = f"{name}_interval"
            if half in found:
                text += f" ± {display(float(found[half][place]), unit)}"
            row.append(text)
        rows.append(row)
    print()
    print_table(
        rows, header=(f"{indicator} by {found.attrs['method']}", *map(str, shown)),
        right=tuple(range(1, len(shown) + 1)),
    )  # fmt: skip
    print("± is half of the 95 % interval, by bootstrap")


def _say_settling(found: Convergence) -> None:
    from powermodel.indicators.indicator import display

    step = max(1, (len(found.numbers) - 1) // (_ROWS - 1))
    places = sorted({*range(len(found.numbers) - 1, -1, -step)})
    rows = [
        (
            f"{found.numbers[place]:,}",
            display(float(found.values[place]), found.unit),
            display(float(found.low[place]), found.unit),
            display(float(found.high[place]), found.unit),
        )
        for place in places
    ]
    at = f" at {found.at}" if found.at else ""
    print(f"\n{found.indicator}{at}")
    header = ("runs", f"percentile {found.percent:g}", "interval from", "to")
    print_table(rows, header=header, right=(0, 1, 2, 3))
    print(found.verdict())
