# SPDX-License-Identifier: Apache-2.0
"""
Buffering, layer by layer
=========================

A job swings with every iteration. Between the accelerators and the point of interconnection (POI)
there are three places to take the swing out: the accelerator itself (a power floor), the rack (a
small store on its DC bus) and the site (a battery farm). Each has another reach and another price.
This page runs the same job with each alone and with all, and prints what is left.

The site is 14,400 GB200 of the scenario ``colossus2-phase1``. The racks are given the store of
GB300 (65 J for an accelerator), and the farm is 18 Megapack 2 XL of the 4 h variant. The published
part of these values and the part that is only engineering knowledge are in their records; the
verdict on a layer holds for these values, and each of them is one line of YAML.
"""

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm

ACCELERATORS = 14_400
FLOOR = {"profile": "floor-65"}
STORE = "gb300-electrolytic"
FARM = {
    "unit": "megapack-2xl-4h",
    "units": 18,
    "latency": {"measurement": "10 ms", "communication": "10 ms", "inverter_lag": "20 ms"},
    "control": {"kind": "moving-average", "window": "10 s", "period": "5 ms"},
}
# The controller begins with an empty window: what comes before this is not looked at.
SETTLED_S = 10.0


def site(*, floor=None, store=None, farm=None):
    """Return the site with some layers of buffering."""
    scenario = pm.Scenario.load("colossus2-phase1").with_(time={"duration": "30 s"})
    parts = scenario.set("jobs.0.accelerators", ACCELERATORS).to_dict()
    if floor:
        parts["jobs"][0]["smoothing"] = floor
    if store:
        parts["site"]["halls"] = [hall | {"store": store} for hall in parts["site"]["halls"]]
    if farm:
        parts["storage"] = farm
    return pm.Scenario.from_dict(parts)


layers = {
    "as it is": site(),
    "floor": site(floor=FLOOR),
    "rack store": site(store=STORE),
    "farm": site(farm=FARM),
    "rack store, farm": site(store=STORE, farm=FARM),
    "all three": site(floor=FLOOR, store=STORE, farm=FARM),
}
runs = {name: pm.simulate(scenario, seed=7) for name, scenario in layers.items()}


def settled(run, path="poi/power"):
    """Return a series of a run, without its start."""
    return run[path].isel(run=0).sel(time=slice(SETTLED_S, None))


# %%
# Five seconds of each
# --------------------
# Two iterations of each. Thin grey is the site as it is.

fig, axes = plt.subplots(3, 2, figsize=(10, 7), layout="constrained", sharex=True, sharey=True)
before = settled(runs["as it is"]).sel(time=slice(20, 25)) / 1e6
for ax, (name, run) in zip(axes.flat, runs.items(), strict=True):
    power = settled(run).sel(time=slice(20, 25)) / 1e6
    ax.plot(before.time, before, color="0.75", linewidth=0.8)
    ax.plot(power.time, power, linewidth=0.9)
    ax.set_title(name, loc="left")
fig.supxlabel("time (s)")
fig.supylabel("power at the POI (MW)")
plt.show()

# %%
# What is left, and what it costs
# -------------------------------
# *Range* is maximum less minimum; a ramp is the largest change within its window, up or down.
# *Energy* is what the site draws on average against the site as it is: the load before the farm and
# the losses of the farm, so what the batteries happen to be left with does not count. Of that,
# *burnt* is what the floor makes the accelerators draw beyond their work, and *lost* what the
# stores turn into heat: inverters, cells and auxiliary power. The rest of the difference is losses
# of the supplies and cooling that come with it.


def mean_w(run, path):
    """Return the mean of a series of a layer, 0 without the layer."""
    return float(settled(run, path).mean()) if path.split("/")[0] in run.children else 0.0


def ramp_w(power, window):
    """Return the largest change within a window, up or down."""
    found = power.grid.ramp(window=window)
    return max(float(found.up), -float(found.down))


def row(name, run):
    """Return what a table says of a run."""
    power = settled(run)
    drawn_w = mean_w(run, "load/power") or float(power.mean())
    farm_w = mean_w(run, "storage/loss")
    costs_w = mean_w(run, "smoothing/burnt"), mean_w(run, "rack_store/loss") + farm_w
    swings_w = float(power.max() - power.min()), ramp_w(power, "20 ms"), ramp_w(power, "1 s")
    energy = (drawn_w + farm_w) / float(settled(runs["as it is"]).mean()) - 1
    return [
        name,
        *(f"{watts / 1e6:.2f} MW" for watts in swings_w),
        f"{energy:+.1%}",
        *(f"{watts / 1e6:.2f} MW" if watts else "–" for watts in costs_w),
    ]


def show(rows):
    """Print a table."""
    heads = ["", "range", "ramp, 20 ms", "ramp, 1 s", "energy", "burnt", "lost"]
    for name, *values in (heads, *rows):
        print(f"{name:23}" + "".join(f"{value:>13}" for value in values))


show([row(name, run) for name, run in runs.items()])

# %%
# The floor takes the bottom of the swing away and pays for it in every iteration. The rack store
# holds its few joules against the edges: the ramp within 20 ms falls, and the range does not, since
# a plateau outlasts it. The farm has energy for the plateaus, but it comes late. An edge that is
# faster than its delay passes whole, and it now starts from the mean: the peak at the POI is higher
# than any load. Behind rack stores the farm sees softer edges and can follow a part of them; with
# the floor as well there is less to follow.
#
# Why the farm is not enough
# --------------------------
# A farm that answers perfectly but late by L leaves :math:`|1 - e^{-j 2 \pi f L}|` of a swing at
# the frequency f: little of a slow one, and more than all of it from f = 1/(6L) on. With the lag of
# the inverters as a first-order response beside the pure delays, it leaves the line below. The dots
# are the strongest lines of the simulated load, each seen at the POI.

storage = layers["farm"].storage
# A command holds until the next one, so it is half a period old on average.
late_s = storage.to_inverters_s + storage.control.period / 2
lag_s = storage.inverter_lag_s


def left(f_hz):
    """Return the share of a swing that a late farm leaves, in closed form."""
    answer = np.exp(-2j * np.pi * f_hz * late_s) / (1 + 2j * np.pi * f_hz * lag_s)
    return np.abs(1 - answer)


load = settled(runs["farm"], "load/power").grid.spectrum(segment="10 s")
poi = settled(runs["farm"]).grid.spectrum(segment="10 s")
lines = [line.frequency_hz for line in settled(runs["farm"], "load/power").grid.lines(12)]
share = [float((poi.amplitude / load.amplitude).sel(frequency=f, method="nearest")) for f in lines]

f_hz = np.geomspace(0.2, 30, 500)
larger_hz = f_hz[left(f_hz) > 1]
fig, ax = plt.subplots(figsize=(10, 3.6), layout="constrained")
ax.loglog(f_hz, left(f_hz), color="0.4", label="closed form")
ax.loglog(lines, share, "o", markersize=4, label="simulated, farm alone")
ax.axhline(1, color="0.6", linewidth=0.8, linestyle="--")
ax.set(xlabel="frequency (Hz)", ylabel="share of the swing that is left")
title = f"from {larger_hz[0]:.1f} to {larger_hz[-1]:.0f} Hz this farm makes a swing larger"
ax.set_title(title, loc="left")
ax.legend(frameon=False)
plt.show()

# %%
# Two turns of a knob
# -------------------
# A store of 1 kJ for an accelerator, with a low pass of 0.3 s, hands the farm edges that it can
# follow, and burns nothing. A floor just below the power of the work needs no store at all, and
# costs most. How many units, joules and percent keep a given limit is what ``powermodel size``
# answers.

more = {
    "rack store 1 kJ, farm": site(store="easyrider-prototype", farm=FARM),
    "floor 90 %": site(floor={"profile": "floor-90"}),
}
show([row(name, pm.simulate(scenario, seed=7)) for name, scenario in more.items()])
