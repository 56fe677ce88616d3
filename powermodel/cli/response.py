# SPDX-License-Identifier: Apache-2.0
"""``powermodel response``: what the grid does under a run, or under every run of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson
from powermodel.cli.planner_options import MAINS, Mains, say_incomplete
from powermodel.cli.response_options import FEEDER, WHERE, Feeder, Where
from powermodel.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from powermodel.ensemble.reduction import Worst
    from powermodel.response import GridResponse
    from powermodel.response.play import PlayIn
    from powermodel.response.score import Score


def response(
    store: str | None = None,
    /,
    *,
    at: Where = WHERE,
    mains: Mains = MAINS,
    feeder: Feeder = FEEDER,
    picture: str | None = None,
    worst: str | None = None,
    as_json: AsJson = False,
) -> None:
    """Say what the grid does under a run: lines and modes, swing of the frequency, 0.05 to 5 Hz.

    Of a study, every run is scored and the worst is picked. Without a run, the cases are listed.
    two-area is a screen and no network. The other cases are run by ANDES, which is installed apart.

    Parameters
    ----------
    store : str
        A run, or a study that kept poi/power or the overview 10ms.
    picture : str
        A file to draw it in: .png, .svg or .pdf.
    worst : str
        Of a study: a file for the scenario of the worst run.
    as_json : bool
        Print JSON: the response table, in Hz, MW and mHz.
    """
    from powermodel.cli.response_tables import list_cases

    if store is None:
        list_cases(as_json)
        return
    from powermodel.response.study import is_study

    head = feeder.head()
    if is_study(store):
        if head is not None:
            raise CommandError("a feeder plays one run, this is a study", where="--voltage")
        _study(store, at, mains, picture, worst, as_json)
        return
    if worst is not None:
        raise CommandError("this is one run, of which none is the worst", where="--worst")
    _run(store, at, mains, head, picture, as_json)


def _run(
    store: str, at: Where, mains: Mains, head: Any, picture: str | None, as_json: bool
) -> None:
    from powermodel.cli.response_tables import play_facts, print_feeder, print_play, print_score
    from powermodel.response import score
    from powermodel.response.score import mean_of
    from powermodel.response.table import rows_of
    from powermodel.store import open_run

    run = open_run(store)
    grid = at.response(mean_of(run), mains)
    found = score(run, grid)
    play = at.played(run, mains)
    volts = None if head is None else _feeder(run, head, mains)
    if as_json:
        facts = {"store": store, "rows": rows_of(found, grid), "play": play_facts(play)}
        print_json(facts | {"feeder": volts})
    else:
        print_score(found, grid)
        print_play(play)
        print_feeder(volts)
    _draw(grid, found, play, picture, as_json)
    say_incomplete(run)


def _feeder(run: Any, head: Any, mains: Mains) -> list[dict[str, Any]]:
    from powermodel.exporters import Basis, series_of_run
    from powermodel.response import feeder_table, play_into_feeder

    where, voltage_v = head
    basis = Basis(mains_hz=mains.mains, power_factor=mains.power_factor, voltage_v=voltage_v)
    return feeder_table(play_into_feeder(series_of_run(run, basis), where))


def _study(
    store: str, at: Where, mains: Mains, picture: str | None, path: str | None, as_json: bool
) -> None:
    from powermodel.cli.response_tables import play_facts, print_play, print_score
    from powermodel.ensemble import open_study
    from powermodel.response import score
    from powermodel.response.study import SCORE, score_study, worst_power, worst_run

    runs = open_study(store)
    grid = at.response(float(runs["mean"].mean()), mains)
    scored = score_study(runs, grid)
    chosen, power = worst_run(scored), worst_power(scored)
    found = score(power, grid)
    play = at.played(power, mains)
    if as_json:
        values = scored[SCORE]
        print_json(
            {
                "store": store,
                "case": grid.case,
                "screen": grid.screen,
                "definition": values.attrs["definition"],
                "dims": list(values.dims),
                "frequency_rms_hz": values.to_numpy().tolist(),
                "worst": dict(_labels(chosen)),
                "command": chosen.command,
                "play": play_facts(play),
            }
        )
    else:
        rows = [("worst of the study", f"{chosen.value * 1e3:.4g} mHz rms"), *_labels(chosen)]
        rows += [("alone", chosen.command)] if chosen.command else []
        print_table(rows)
        print()
        print_score(found, grid)
        print_play(play)
    if path is not None:
        _write(path, chosen.scenario.to_yaml())
    _draw(grid, found, play, picture, as_json)


def _labels(chosen: Worst) -> list[tuple[str, str]]:
    return [(name, str(label)) for name, label in {**chosen.labels, "seed": chosen.seed}.items()]


def _write(path: str, text: str) -> None:
    from pathlib import Path

    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot be written: {error.strerror or error}", where=path) from None


def _draw(
    grid: GridResponse, found: Score, play: PlayIn | None, picture: str | None, as_json: bool
) -> None:
    if picture is None:
        return
    from powermodel.report.response import plot_response

    written = plot_response(grid, found, picture, play)
    if not as_json:
        print(f"\n{written}")
