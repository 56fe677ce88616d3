# SPDX-License-Identifier: Apache-2.0
"""Options of ``powermodel response``: the grid that answers, and the feeder before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cyclopts import Parameter

from powermodel.cli.errors import CommandError
from powermodel.cli.options import Flag
from powermodel.cli.planner_options import Mains

if TYPE_CHECKING:
    from powermodel.indicators.voltage import ShortCircuit
    from powermodel.response import GridResponse, NetworkCase
    from powermodel.response.play import PlayIn

SCREEN = "two-area"


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Where:
    """Where the site stands.

    Parameters
    ----------
    case : str
        two-area, two-area:NAME, a case of the list, or a file that ANDES reads.
    area : int
        In a two-area case: 1 or 2.
    bus : str
        In a case of ANDES.
    base : str
        System base that the case of ANDES must have: 100MVA.
    andes_python : str
        Interpreter that has ANDES; that in POWERMODEL_ANDES_PYTHON unless given.
    play : bool
        Play the run (of a study, the worst) into the case as well, in time.
    step : str
        Step of that in ANDES: 10ms; 1/60 s unless given.
    """

    case: str = SCREEN
    area: int = 1
    bus: str | None = None
    base: str | None = None
    andes_python: str | None = None
    play: Flag = False
    step: str | None = None

    def response(self, mean_w: float, mains: Mains) -> GridResponse:
        """Return the frequency response of what was asked for."""
        from powermodel.response import network_response, two_area_response

        if self._screened:
            return two_area_response(self._record, self.area, mains_hz=mains.mains)
        return network_response(self._place(mains), mean_w)

    def played(self, run: Any, mains: Mains) -> PlayIn | None:
        """Return the run played in; None where that was not asked for."""
        from powermodel.response.play import play_into_case, play_into_two_areas
        from powermodel.units import quantity

        if not self.play:
            return None
        if self._screened:
            return play_into_two_areas(run, self._record, self.area)
        step_s = None if self.step is None else quantity(self.step, "s")
        return play_into_case(run, self._place(mains), step_s=step_s)

    @property
    def _screened(self) -> bool:
        return self.case.partition(":")[0] == SCREEN

    @property
    def _record(self) -> str:
        from powermodel.response.twoarea import DEFAULT

        return self.case.partition(":")[2] or DEFAULT

    def _place(self, mains: Mains) -> NetworkCase:
        from powermodel.response import NetworkCase
        from powermodel.units import quantity

        if self.bus is None:
            raise CommandError(
                f"the case {self.case!r} needs the bus where the site stands",
                where="--bus",
                hint="such as --bus 7; one that is not there lists those that are",
            )
        base_va = None if self.base is None else quantity(self.base, "VA")
        return NetworkCase(
            self.case, self.bus, mains.power_factor, mains.mains, base_va, self.andes_python
        )


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Feeder:
    """The feeder that OpenDSS plays the run through.

    Parameters
    ----------
    voltage : str
        Nominal voltage at the POI: 345kV. With the two below, OpenDSS plays the run in duty mode.
    short_circuit : str
        Short-circuit power there: "12 GVA".
    x_over_r : float
        X/R there.
    """

    voltage: str | None = None
    short_circuit: str | None = None
    x_over_r: float | None = None

    def head(self) -> tuple[ShortCircuit, float] | None:
        """Return the feeder's head and its voltage [V]; None where none was asked for."""
        from powermodel.indicators.voltage import ShortCircuit
        from powermodel.units import quantity

        given = {
            "--voltage": self.voltage,
            "--short-circuit": self.short_circuit,
            "--x-over-r": self.x_over_r,
        }
        if all(value is None for value in given.values()):
            return None
        if self.voltage is None or self.short_circuit is None or self.x_over_r is None:
            raise CommandError(
                "a feeder needs its voltage, its short-circuit power and its X/R",
                where=next(name for name, value in given.items() if value is None),
                hint="such as --voltage 345kV --short-circuit '12 GVA' --x-over-r 15",
            )
        head = ShortCircuit(quantity(self.short_circuit, "VA"), self.x_over_r)
        return head, quantity(self.voltage, "V")


WHERE, FEEDER = Where(), Feeder()
"""Nothing was typed."""
