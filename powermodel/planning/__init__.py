# SPDX-License-Identifier: Apache-2.0
"""Before a run: what a scenario asks for, what it costs, and where everything stands."""

from powermodel.planning.cost import RACKS_AT_ONCE
from powermodel.planning.outline import Plan, largest_w, plan, whole_ticks
from powermodel.planning.places import accelerator_places, kept_racks, occupied_racks

__all__ = [
    "RACKS_AT_ONCE",
    "Plan",
    "accelerator_places",
    "kept_racks",
    "largest_w",
    "occupied_racks",
    "plan",
    "whole_ticks",
]
