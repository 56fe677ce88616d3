# SPDX-License-Identifier: Apache-2.0
"""``powermodel losses``: where the power goes between the grid and the die."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.cli.options import AsJson, Changes, parse_changes, read_scenario
from powermodel.cli.terminal import print_json, print_table

if TYPE_CHECKING:
    from powermodel.simulation.losses import Losses


def losses(
    scenario: str,
    /,
    *,
    load_share: float = 0.8,
    architecture: str = "ac-415v",
    picture: str | None = None,
    set_: Changes = None,
    as_json: AsJson = False,
) -> None:
    """Print the loss of every conversion stage from the grid to the die.

    It is that of the accelerators' power; the rest of the racks and the cooling are not on this
    path. Every stage is rated for all accelerators at their TDP.

    Parameters
    ----------
    scenario : str
        A file, or the name of a shipped scenario.
    load_share : float
        Power of the accelerators over their TDP.
    architecture : str
        A record: powermodel datasets architecture.
    picture : str
        A file to draw the waterfall in: .png, .svg or .pdf.
    set_ : list of str
        Replace a value of the scenario.
    as_json : bool
        Print JSON, in W, V and A.
    """
    from powermodel.simulation.losses import losses_of

    found = losses_of(read_scenario(scenario, parse_changes(set_)), architecture, load_share)
    if as_json:
        print_json(found.to_dict())
    else:
        _print(found)
    if picture is not None:
        from powermodel.report.waterfall import plot_losses

        written = plot_losses(found, picture)
        if not as_json:
            print(f"\n{written}")


def _print(found: Losses) -> None:
    from powermodel.indicators.indicator import display
    from powermodel.report.waterfall import amperes, volts

    print(f"{found.scenario}: accelerators at {100 * found.load_share:g} % of their TDP,")
    print(f"{display(found.module_w, 'W')}, through {found.architecture}\n")
    rows = [
        (
            row.slot,
            row.stage,
            "" if row.output_v is None else volts(row.output_v),
            display(row.drawn_w, "W"),
            display(row.loss_w, "W"),
            f"{100 * row.loss_w / row.drawn_w:.2f} %",
            f"{100 * row.delivered_w / found.grid_w:.2f} %",
        )
        for row in found.rows
    ]
    header = ("slot", "stage", "to", "drawn", "lost", "of drawn", "left of grid")
    print_table(rows, header=header, right=(2, 3, 4, 5, 6), whole=range(7))
    print(
        f"\nfrom the grid {display(found.grid_w, 'W')} at {volts(found.grid_v)}, "
        f"{amperes(found.grid_a)} a phase, power factor {found.power_factor:.3f}\n"
        f"on the dies {display(found.die_w, 'W')} at {volts(found.die_v)}, {amperes(found.die_a)}\n"
        f"voltage {found.voltage_ratio:,.0f} : 1, efficiency {100 * found.efficiency:.2f} %"
    )
