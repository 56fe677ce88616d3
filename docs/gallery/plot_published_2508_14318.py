# SPDX-License-Identifier: Apache-2.0
"""
The job of arXiv 2508.14318, Figs. 1 and 3
==========================================

The one published record of a large training job that shows its swings in time is Fig. 1 of *Power
Stabilization for AI Training Datacenters* (Choukse et al., arXiv 2508.14318), and Fig. 3 is its
spectrum. The scenario ``published-2508.14318`` stands in for it. This page draws what powermodel
computes, in the units of the paper's axis, and holds it against the figures that were read from the
paper. The paper's own series is not part of powermodel.

**Fitted** to the record: the period and the second dip of each cycle, the levels of plateau and
trough, the mean and the first four lines, the size of the noise. **Checked**, from values that were
not chosen for it: everything that follows from the overshoot (EDPp factor 1.10 for 50 ms), from
noise that is correlated over those same 50 ms, and from a straggler spread of 2 %.
"""

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm
from powermodel.indicators import bands, welch
from powermodel_datasets import load

published = load("published", "arxiv-2508.14318")
scenario = pm.Scenario.load("published-2508.14318")
run = pm.simulate(scenario, seed=7)

# %%
# The record
# ----------
# The axis of the paper is normalized; the TDP of the job lies at 0.889 of it. The meter of the
# record is modeled as a mean over 25 ms, 40 times a second.

job = scenario.jobs[0]
tdp_w = job.accelerators * scenario.accelerator_of(job).tdp_w
axis_w = tdp_w / published["tdp_level"].value
meter_s = 1 / published["sampling_rate"].value
samples = round(meter_s / scenario.time.dt)
power = run["poi"]["power"].isel(run=0).coarsen(time=samples, boundary="trim").mean() / axis_w

fig, ax = plt.subplots(figsize=(10, 3.6), layout="constrained")
ax.plot(power.time, power, linewidth=0.6)
for field, name in (("tdp_level", "TDP"), ("mean_steady", "published\nsteady mean")):
    level = published[field].value
    ax.axhline(level, color="0.4", linewidth=0.8, linestyle="--")
    ax.text(1.01, level, name, transform=ax.get_yaxis_transform(), va="center", color="0.3")
ax.set(
    xlabel="time (s)",
    ylabel=f"power (1 = {axis_w / 1e6:.1f} MW)",
    xlim=(0, scenario.time.duration),
    ylim=(0, 1.1),
)
ax.set_title(f"{job.accelerators:,} accelerators, seen every {meter_s * 1e3:.0f} ms", loc="left")
plt.show()

# %%
# Its spectrum
# ------------
# Bins of 1/213 Hz, like those of Fig. 3, and no window. The lines are harmonics of 20.92 s. Above a
# few hertz there is noise and what soft edges leave.

spectrum = welch(power.to_numpy(), meter_s, window="boxcar")
edges_hz = [published[f"energy_share_{n}"].band for n in range(1, 6)]

fig, ax = plt.subplots(figsize=(10, 3.6), layout="constrained")
ax.loglog(spectrum.frequency_hz[1:], spectrum.amplitude_w[1:], linewidth=0.6)
for lower_hz, upper_hz in edges_hz[::2]:
    ax.axvspan(lower_hz, upper_hz, color="0.92", zorder=0)
ax.set(xlabel="frequency (Hz)", ylabel="amplitude (axis units)", xlim=(0.01, 20))
ax.set_title("the five bands of the table are shaded in turn", loc="left")
plt.show()

# %%
# Where the variation lies
# ------------------------
# The share of a band in the energy and in the summed magnitude tell different stories of the same
# record, so both are shown. The unit of Fig. 3 is not stated: magnitudes are in the unit in which
# the two bands below 0.2 Hz, whose lines were fitted, hold as much as published.

content = bands(spectrum, edges_hz)
energy = np.array([band.energy_share for band in content])
magnitude = np.array([band.magnitude_sum_w for band in content])
energy /= energy.sum()
magnitude *= sum(published[f"magnitude_sum_{n}"].value for n in (1, 2)) / magnitude[:2].sum()

rows = []
for n, (lower_hz, upper_hz) in enumerate(edges_hz):
    rows.append(
        [
            f"{lower_hz:g} to {upper_hz:g} Hz",
            "fitted" if upper_hz <= 0.2 else "checked",
            f"{100 * published[f'energy_share_{n + 1}'].value:.2g} %",
            f"{100 * energy[n]:.2g} %",
            f"{published[f'magnitude_sum_{n + 1}'].value:.3f}",
            f"{magnitude[n]:.3f}",
        ]
    )
heads = ["band", "", "energy,\npublished", "energy,\nours"]
heads += ["magnitude,\npublished", "magnitude,\nours"]

fig, ax = plt.subplots(figsize=(8, 2.4), layout="constrained")
ax.axis("off")
table = ax.table(rows, colLabels=heads, cellLoc="center", bbox=(0, 0, 1, 1))
for (row, _), cell in table.get_celld().items():
    cell.set_edgecolor("0.8")
    cell.set_height(2 if row == 0 else 1)
plt.show()

# %%
# What does not come out
# ----------------------
# There is half as much energy again from 3 to 20 Hz as published. The autocorrelation of the
# record's noise at 60 ms asks for a correlation time of 62 ms rather than 50 ms, and with that both
# energies come out, but then less magnitude above 7 Hz than published. The band from 0.2 to 3 Hz
# holds a quarter less of the energy than published: before and after the steady part only the mean
# of the record is known, and whatever is assumed there holds energy below 0.1 Hz.
#
# The largest value is one draw of a record. Over 64 runs it is 1.143 TDP in the mean, from 1.12 to
# 1.21, against 1.125 within 0.02 as published; the first eight alone give 1.151, by chance. Noise
# has no limit here: one where the accelerator's record has it, at 1.10 TDP, would exclude the
# published value. ``tests/published`` states each of these with its number.
