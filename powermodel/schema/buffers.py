# SPDX-License-Identifier: Apache-2.0
"""The buffering layers: storage, rack stores, smoothing at the accelerators."""

from __future__ import annotations

from dataclasses import replace

from powermodel.schema.variable import series

LOSS = "Losses are positive: what the stage takes out of the balance, as heat."
SOC = "Share of the usable capacity at the instant; 1 is full."

STORAGE_POWER = series("storage/power", "Power of all storage at the point of interconnection")
STORAGE_SOC = series(
    "storage/soc", "State of charge of the farm, mean of its units", units="1", comment=SOC
)

PARTS = {
    "storage": (
        STORAGE_POWER,
        series("storage/command", "What was asked of all storage, when it reached the inverters"),
        STORAGE_SOC,
        series("storage/soc_min", "State of charge of the emptiest unit", units="1", comment=SOC),
        series("storage/soc_max", "State of charge of the fullest unit", units="1", comment=SOC),
        series("storage/loss", "Losses of the farm: cells, inverters, auxiliaries", comment=LOSS),
    ),
    "fast_storage": (
        series("fast_storage/power", "The fast device's part of the power of all storage"),
        series("fast_storage/soc", "State of charge of the fast device", units="1", comment=SOC),
    ),
    "rack_store": (
        series("rack_store/power", "Power of all rack stores on their DC buses"),
        series(
            "rack_store/energy", "Energy in all rack stores", units="J", comment="Usable energy."
        ),
        series("rack_store/loss", "Losses of all rack stores", comment=LOSS),
    ),
    "rack_backup": (
        series("rack_backup/power", "Power of all rack backups on their DC buses"),
        # What a recharge of minutes adds in a step is lost in a float32 of all batteries.
        replace(
            series(
                "rack_backup/energy",
                "Energy in hold-up and batteries of all rack backups",
                units="J",
                comment="What they can still give.",
            ),
            dtype="float64",
        ),
        series("rack_backup/loss", "Losses of all rack backups while recharging", comment=LOSS),
        series(
            "rack_backup/unserved",
            "Load of the racks that neither input nor backup carried",
            comment="On the DC buses. What the work goes on to ask for, though it has no power.",
        ),
    ),
    "smoothing": (
        series(
            "smoothing/burnt",
            "Power that accelerators draw beyond their work, to smooth it",
            comment="Smoothed target less the work's own, where above; sum over accelerators.",
        ),
        series(
            "smoothing/held_back",
            "Power by which smoothing holds the accelerators' work back",
            comment="The work's own target less the smoothed one, where above; sum.",
        ),
    ),
}
