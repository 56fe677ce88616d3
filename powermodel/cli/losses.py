# SPDX-License-Identifier: Apache-2.0
"""``powermodel losses``: where the power goes between the grid and the die."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.cli.errors import CommandError
from powermodel.cli.options import AsJson, Changes, parse_changes, read_scenario
from powermodel.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from xarray import DataTree

    from powermodel.indicators.indicator import Indicator
    from powermodel.simulation.losses import Losses

_LOAD_SHARE = 0.8


def losses(
    source: str,
    /,
    *,
    load_share: float | None = None,
    architecture: str | None = None,
    picture: str | None = None,
    set_: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Print the loss of every conversion stage from the grid to the die.

    Of a run with an architecture: on average, with cooling and the rest of the racks, and in the
    picture through time. Of a scenario: at one load of the accelerators, whose path is shown alone,
    every stage rated for all of them at their TDP.

    Parameters
    ----------
    source : str
        A run, as powermodel run wrote it; or a scenario, a file or the name of a shipped one.
    load_share : float
        Of a scenario: power of the accelerators over their TDP; 0.8 unless given.
    architecture : str
        Of a scenario: a record (powermodel datasets architecture); its own one unless given, or
        ac-415v.
    picture : str
        A file to draw the waterfall in: .png, .svg or .pdf.
    set_ : list of str
        Of a scenario: replace a value.
    as_json : bool
        Print JSON, in W, V and A.
    """
    from powermodel.simulation.losses import losses_of

    tree = None
    indicators: list[Indicator] = []
    if _is_run(source):
        _only_scenarios(source, load_share=load_share, architecture=architecture, set=set_)
        found, indicators, tree = _of_run(source)
    else:
        scenario = read_scenario(source, parse_changes(set_))
        share = _LOAD_SHARE if load_share is None else load_share
        found = losses_of(scenario, architecture, share)
    if as_json:
        more = {"indicators": {item.name: item.to_dict() for item in indicators}}
        print_json(found.to_dict() | (more if indicators else {}))
    else:
        _print(found, indicators)
    if picture is not None:
        from powermodel.report.waterfall import plot_losses

        written = plot_losses(found, picture, tree)
        if not as_json:
            print(f"\n{written}")


def _is_run(source: str) -> bool:
    """Whether a name is that of a run: a folder, or an address of a store."""
    return "://" in source or source.endswith(".zarr") or Path(source).is_dir()


def _only_scenarios(source: str, **options: object) -> None:
    for name, value in options.items():
        if value:
            raise CommandError(
                f"{source} is a run, whose losses are what they were",
                where=f"--{name.replace('_', '-')}",
                hint="leave the option out, or name a scenario",
            )


def _of_run(source: str) -> tuple[Losses, list[Indicator], DataTree]:
    from powermodel.indicators.conversion import conversion
    from powermodel.simulation.losses import losses_of_run
    from powermodel.store import open_run

    tree = open_run(source)
    return losses_of_run(tree), conversion(tree), tree


def _percent(share: float) -> str:
    # Adding zero takes the sign off a rounded nothing.
    return f"{round(100 * share, 2) + 0.0:.2f}"


def _print(found: Losses, indicators: list[Indicator]) -> None:
    from powermodel.indicators.indicator import display
    from powermodel.report.waterfall import amperes, volts

    when = "" if found.duration_s is None else f" on average over {found.duration_s:g} s"
    print(f"{found.scenario}: accelerators at {100 * found.load_share:.4g} % of their TDP{when},")
    print(f"{display(found.module_w, 'W')}, through {found.architecture}\n")
    rows = [
        (
            row.slot,
            row.stage,
            "" if row.output_v is None else volts(row.output_v),
            display(row.drawn_w, "W"),
            display(row.loss_w, "W"),
            f"{_percent(row.loss_w / row.drawn_w)} %",
            f"{100 * row.delivered_w / found.grid_w:.2f} %",
        )
        for row in found.rows
    ]
    taken = "lost" if found.duration_s is None else "taken"
    header = ("slot", "stage", "to", "drawn", taken, "of drawn", "left of grid")
    print_table(rows, header=header, right=(2, 3, 4, 5, 6), whole=range(7))
    print(
        f"\nfrom the grid {display(found.grid_w, 'W')} at {volts(found.grid_v)}, "
        f"{amperes(found.grid_a)} a phase, power factor {found.power_factor:.3f}\n"
        f"on the dies {display(found.die_w, 'W')} at {volts(found.die_v)}, {amperes(found.die_a)}\n"
        f"voltage {found.voltage_ratio:,.0f} : 1, dies over grid {100 * found.efficiency:.2f} %"
    )
    if indicators:
        print()
        print_table(
            [(item.label, item.display(), item.definition) for item in indicators],
            header=("run", "value", ""),
            right=(1,),
            whole=(0, 1),
        )
