# SPDX-License-Identifier: Apache-2.0
"""powermodel: what an AI training site does to the grid, millisecond by millisecond.

>>> import powermodel as pm
>>> run = pm.simulate("colossus2-phase1", seed=7)  # doctest: +SKIP
>>> run.grid.ramp(window="1 s")  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from powermodel.ensemble import Study, open_study, run_study
    from powermodel.errors import PowermodelError
    from powermodel.handoff import hand_off
    from powermodel.planning import Plan, plan
    from powermodel.report import plot_run
    from powermodel.report.page import write_page
    from powermodel.scenario import Scenario
    from powermodel.scenario.storage import Storage
    from powermodel.simulation import Progress, simulate
    from powermodel.store import open_run

# Names are fetched when they are first used: `import powermodel` costs nothing, and a command that
# only prints help never loads arrays or compilers.
_HOMES = {
    "Plan": "powermodel.planning",
    "PowermodelError": "powermodel.errors",
    "Progress": "powermodel.simulation",
    "Scenario": "powermodel.scenario",
    "Storage": "powermodel.scenario.storage",
    "Study": "powermodel.ensemble",
    "hand_off": "powermodel.handoff",
    "open_run": "powermodel.store",
    "open_study": "powermodel.ensemble",
    "plan": "powermodel.planning",
    "plot_run": "powermodel.report",
    "run_study": "powermodel.ensemble",
    "simulate": "powermodel.simulation",
    "write_page": "powermodel.report.page",
}

__all__ = [
    "Plan",
    "PowermodelError",
    "Progress",
    "Scenario",
    "Storage",
    "Study",
    "hand_off",
    "open_run",
    "open_study",
    "plan",
    "plot_run",
    "run_study",
    "simulate",
    "write_page",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'powermodel' has no attribute {name!r}")
    # The accessor `.grid` is registered with xarray when results can first be met.
    if name in ("open_run", "simulate"):
        importlib.import_module("powermodel.indicators.accessor")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
