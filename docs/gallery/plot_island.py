# SPDX-License-Identifier: Apache-2.0
"""
An islanded site, with and without its batteries
================================================

The first phase of Colossus 2 (110,000 GB200) on turbines of its own, no grid: every swing of the
load is a swing of the machines' speed. The scenario ``colossus2-island`` has gas turbines with
governors that are stable alone and a Megapack farm at the point of interconnection (POI). This page
runs it with the farm and without, then asks what the conversion stages lose and what twists in a
shaft.

The coupling goes one way: load and farm first, then the machines; the job does not feel the
frequency. Inertia and several machine values are estimates; ``powermodel check colossus2-island
--assumptions`` lists them.
"""

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm
from powermodel.report.waterfall import draw_losses
from powermodel.simulation.losses import losses_of

scenario = pm.Scenario.load("colossus2-island").with_(time={"duration": "60 s"})
runs = {
    "with batteries": pm.simulate(scenario, seed=7),
    "without": pm.simulate(scenario.set("storage", None), seed=7),
}

# %%
# Hertz. The start is the hardest step: all accelerators begin within a second.

figure, (power, hertz) = plt.subplots(2, 1, figsize=(10, 6), sharex=True, layout="constrained")
print(f"{'':<16}{'lowest':>10}{'highest':>10}{'last 20 s':>12}{'largest RoCoF':>16}")
for (name, run), color in zip(runs.items(), ("#0072B2", "#D55E00"), strict=True):
    found = run["supply"].isel(run=0)
    frequency, rocof = found.frequency.values, np.abs(found.rocof.values).max()
    late = np.ptp(found.frequency.sel(time=slice(40.0, None)).values)
    print(
        f"{name:<16}{frequency.min():>7.2f} Hz{frequency.max():>7.2f} Hz{late:>9.2f} Hz"
        f"{rocof:>11.2f} Hz/s"
    )
    power.plot(run["poi"].time, run["poi"].power[0] / 1e6, color=color, lw=0.8, label=name)
    hertz.plot(found.time, frequency, color=color, lw=1.0, label=name)
power.set_ylabel("power at the POI [MW]")
power.legend(loc="lower right", ncols=2)
hertz.set_ylabel("frequency [Hz]")
hertz.set_xlabel("time since the start of the run [s]")
plt.show()

# %%
# What is lost on the way from 330 kV to 0.8 V, at 80 % of the accelerators' TDP. Module power
# already contains the regulators on the module: they stand at the end of the chain and not in the
# load.

losses = losses_of(scenario, "ac-415v", 0.8)
figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
draw_losses(axes, losses)
plt.show()

# %%
# Torsion: the same run with a shaft behind one of the turbines. Its data are those of the IEEE
# first benchmark, a steam set of 892 MVA; the datasets have none of these turbines. What twists is
# shown against what a rigid shaft would carry.

path = "supply.island.machines.0.shaft"
alone = scenario.set("storage", None).set("time.duration", "20 s")
twisted = pm.simulate(alone.set(path, "ieee-first-benchmark"), seed=7)
shaft = twisted["shaft"].isel(run=0)
section = int(np.argmax(np.ptp(shaft.torsion.values, axis=0)))
figure, axes = plt.subplots(figsize=(10, 3.5), layout="constrained")
for values, name in (
    (shaft.torque, "torque"),
    (shaft.torque - shaft.torsion, "of a rigid shaft"),
):
    axes.plot(shaft.time, values.isel(section=section), lw=0.8, label=name)
axes.set_title(f"section {shaft.section.values[section]}", loc="left")
axes.set_xlabel("time since the start of the run [s]")
axes.set_ylabel("torque [per unit]")
axes.legend(loc="lower right", ncols=2)
plt.show()
