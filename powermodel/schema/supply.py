# SPDX-License-Identifier: Apache-2.0
"""What feeds a site: the machines of an island, or the voltage of a grid."""

from __future__ import annotations

from powermodel.schema.variable import SIGN_CONVENTION, series

FREQUENCY = series(
    "supply/frequency",
    "Frequency of the island",
    units="Hz",
    comment="The speed of its machines at the instant; 0 once none of them runs.",
)
MACHINE_POWER = series(
    "supply/power",
    "Mechanical power of all machines of the island",
    comment=f"Above the load that they carry by what moves their speed. {SIGN_CONVENTION}",
)
GRID_VOLTAGE = series(
    "grid/voltage",
    "Voltage at the point of interconnection",
    units="1",
    comment="Per unit of the nominal voltage, positive sequence.",
)

ONSITE_POWER = series("onsite/power", "Power of the site's own generation without fuel")

NODES = {
    "machine": "Type of machine",
    "section": "Type of machine, and the section of its shaft between two masses",
}

PARTS = {
    "onsite": (ONSITE_POWER,),
    "supply": (
        FREQUENCY,
        series(
            "supply/rocof",
            "Rate of change of the island's frequency",
            units="Hz/s",
            comment="At the start of the step that follows the instant.",
        ),
        MACHINE_POWER,
        series(
            "supply/voltage",
            "Voltage of the island",
            units="1",
            comment="Per unit; what the machines' reactance leaves until the regulators act.",
        ),
        series(
            "supply/shed",
            "Load that underfrequency shedding or a blackout has taken off",
            comment="Contained in the power at the point of interconnection, which is asked for.",
        ),
        series(
            "supply/machines",
            "Machines that run",
            units="1",
            comment="Those that have neither tripped nor been forced out.",
        ),
    ),
    "machine": (
        series(
            "machine/power",
            "Mechanical power of the machines of each type",
            comment=f"Sum over those that run. {SIGN_CONVENTION}",
            node="machine",
        ),
    ),
    "shaft": (
        series(
            "shaft/torque",
            "Torque in each section of a machine's shaft",
            units="1",
            comment="Per unit of the machine's base; of one machine of the type.",
            node="section",
        ),
        series(
            "shaft/torsion",
            "Torque that the twisting of the shaft adds in each section",
            units="1",
            comment="Per unit of the machine's base; above what a rigid shaft would carry.",
            node="section",
        ),
    ),
    "forming": (
        series(
            "forming/power",
            "Power of the grid-forming inverters of the island",
            comment=f"Beside the site's storage, behind the POI. {SIGN_CONVENTION}",
        ),
    ),
    "connection": (
        series(
            "connection/allowed",
            "Power that the grid connection allows",
            comment="By the steps of the scenario; what is above is flagged, not cut off.",
        ),
    ),
    "grid": (
        GRID_VOLTAGE,
        series(
            "grid/angle",
            "Angle by which the voltage at the point of interconnection lags the source",
            units="rad",
            comment="Of the source behind the short-circuit impedance.",
        ),
        series(
            "grid/reactive",
            "Reactive power at the point of interconnection",
            units="V A",
            comment="In var: lagging positive, at the constant power factor of the scenario.",
        ),
    ),
}
