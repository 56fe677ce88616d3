# SPDX-License-Identifier: Apache-2.0
"""Where accelerators and racks stand: numbers over the site, and what is kept of them."""

from __future__ import annotations

from powermodel.errors import PlanError
from powermodel.scenario import Scenario


def accelerator_places(scenario: Scenario) -> dict[int, tuple[int, int]]:
    """Return what stands there and its lane for each probed accelerator, numbered over the site."""
    found: dict[int, tuple[int, int]] = {}
    halls = scenario.site.halls
    for probe in scenario.output.probes:
        rack, slot = 0, probe
        for hall in halls:
            per_rack = hall.rack_record.accelerators
            if slot < hall.racks * per_rack:
                rack, slot = rack + slot // per_rack, slot % per_rack
                break
            slot -= hall.racks * per_rack
            rack += hall.racks
        for place in scenario.placements:
            per_rack = halls[place.hall].rack_record.accelerators
            offset = (rack - place.first_rack) * per_rack + slot
            if 0 <= rack - place.first_rack < place.racks and offset < place.accelerators:
                found[probe] = (place.standing, place.first_accelerator + offset)
    return found


def check_probes(scenario: Scenario) -> None:
    """Refuse probes and racks that stand empty."""
    places = accelerator_places(scenario)
    empty = [probe for probe in scenario.output.probes if probe not in places]
    if empty:
        raise PlanError(
            f"there is no accelerator {empty[0]}: no job stands in its place",
            where="output.probes",
            hint="accelerators are numbered over the site, racks in their order",
        )


def occupied_racks(scenario: Scenario) -> list[int]:
    """Return the numbers of the racks in which a job stands, in order."""
    return sorted(
        rack
        for place in scenario.placements
        for rack in range(place.first_rack, place.first_rack + place.racks)
    )


def kept_racks(scenario: Scenario) -> tuple[int, ...]:
    """Return the numbers of the racks whose series is kept."""
    occupied = occupied_racks(scenario)
    choice = scenario.output.racks
    if choice == "none":
        return ()
    if choice == "all":
        return tuple(occupied)
    missing = sorted(set(choice) - set(occupied))
    if missing:
        raise PlanError(
            f"there is no rack {missing[0]} with accelerators: {len(occupied)} racks are occupied, "
            f"{occupied[0]} to {occupied[-1]}",
            where="output.racks",
        )
    return tuple(sorted(set(choice)))
