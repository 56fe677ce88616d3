# SPDX-License-Identifier: Apache-2.0
"""
From the grid to the die: losses and cooling
============================================

Where the power of a site goes before it reaches the dies: three architectures at one load, then the
losses of every stage through an iteration, then what cooling does after a job has started. Numbers
of stages and cooling are vendor figures and engineering knowledge; ``powermodel check
colossus2-chain --assumptions`` lists them.
"""

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm
from powermodel.indicators.conversion import conversion
from powermodel.report.waterfall import draw_losses, draw_through_time
from powermodel.simulation.losses import losses_of, losses_of_run

scenario = pm.Scenario.load("colossus2-chain")

# %%
# Three architectures, at 80 % of the accelerators' TDP, of a site of 1 GW. Module power already
# contains the regulators on the module: they stand at the end and not in the load. A transformer
# with a rectifier (``dc-800v``) has the efficiency of the solid-state transformer in the records,
# which is a vendor's claim: the two cannot be told apart here.

site = pm.Scenario.load("colossus2-1gw")
names = ("ac-415v", "ac-415v-eco", "dc-800v-solid-state")
figure, rows = plt.subplots(3, 1, figsize=(13, 13), layout="constrained")
for axes, name in zip(rows, names, strict=True):
    found = losses_of(site, name, 0.8)
    draw_losses(axes, found)
    print(
        f"{name:<20} grid {found.grid_w / 1e6:6.1f} MW, efficiency {100 * found.efficiency:.1f} %, "
        f"power factor {found.power_factor:.3f}, {found.die_a / 1e9:.2f} GA on the dies"
    )
plt.show()

# %%
# In a run all of it is there: cooling and the rest of the racks branch off, and the swing passes
# every stage. Losses follow the load within the sample; with the load the share of the fixed ones
# falls. A tenth of the site is enough to see it.

halls = [{"name": "hall-1", "rack": "gb200-nvl72", "racks": 153}]
small = scenario.set("jobs.0.accelerators", 11_000).set("site.halls", halls)
run = pm.simulate(small.set("site.electrical_limit", None).set("time.duration", "30 s"), seed=7)
figure, (top, middle, bottom) = plt.subplots(
    3, 1, figsize=(14, 12), layout="constrained", height_ratios=(3, 2, 2)
)
draw_losses(top, losses_of_run(run))
draw_through_time(middle, run)
part = run.sel(time=slice(20.0, 24.0))
at_s = part["poi"].time
asked = part["poi"].power[0] - part["chain"].buffered[0]
bottom.plot(at_s, asked / 1e6, color="#6F6F6F", lw=1.0, label="without the mode")
bottom.plot(at_s, part["poi"].power[0] / 1e6, color="#0072B2", lw=1.0, label="at the POI")
bottom.set_ylabel("power [MW]")
bottom.set_xlabel("time since the start of the run [s]")
bottom.legend(loc="lower right", ncols=2)
plt.show()
for item in conversion(run):
    print(f"{item.label:<26}{item.display():>12}")

# %%
# A job starts after ten minutes. The plate follows within seconds, the distribution unit within a
# minute, the plant in half an hour: the cooling of a new load is paid later, and more of it on a
# hot day. Two racks and a step of 100 ms show it.

data = {
    "powermodel": 1,
    "name": "job-start",
    "site": {
        "halls": [{"name": "north", "rack": "gb200-nvl72", "racks": 2}],
        "architecture": "ac-415v",
        "cooling": {"like": "liquid-dry-cooler", "wet_bulb": "10 degC"},
    },
    "jobs": [
        {
            "name": "train",
            "accelerators": 144,
            "begins": "10 min",
            "program": {
                "iteration": [
                    {"name": "compute", "duration": "9 s", "power": "0.95 TDP"},
                    {"name": "all-reduce", "duration": "1 s", "power": "0.3 TDP"},
                ]
            },
        }
    ],
    "time": {"duration": "50 min", "dt": "100 ms", "block": "10 min", "fastest_response": "50 ms"},
}
start = pm.Scenario.from_dict(data)
figure, (power, ratio) = plt.subplots(2, 1, figsize=(10, 6), sharex=True, layout="constrained")
for wet_bulb, color in (("10 degC", "#0072B2"), ("30 degC", "#D55E00")):
    found = pm.simulate(start.set("site.cooling.wet_bulb", wet_bulb))
    minutes = found["cooling"].time / 60.0
    power.plot(minutes, found["cooling"].power[0] / 1e3, color=color, lw=1.2, label=wet_bulb)
    cells = found["overview/1min"]
    load_w, racks_w = cells.poi_power_mean[0], cells.hall_power_mean[0].sum("hall")
    ratio.plot(cells.time / 60.0, load_w / racks_w, color=color, lw=1.2, drawstyle="steps-post")
    cooling_w = found["cooling"].power[0]
    before, at_end = (float(cooling_w.sel(time=t, method="nearest")) for t in (599.0, 2999.0))
    soon = float(cooling_w.sel(time=660.0, method="nearest"))
    share = (soon - before) / (at_end - before)
    print(f"{wet_bulb}: {100 * share:.0f} % of the rise of cooling within the first minute")
power.set_ylabel("cooling [kW]")
power.legend(title="wet bulb", loc="lower right")
ratio.set_ylabel("PUE of each minute")
ratio.set_xlabel("time since the start of the run [min]")
plt.show()

# %%
# The PUE of a minute after the start is lower than that of the hours that follow: heat is on its
# way. At rest it is high, because fixed losses and the base of the cooling have little to share.

assert np.isfinite(load_w).all()
