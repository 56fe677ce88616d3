# SPDX-License-Identifier: Apache-2.0
"""
What the grid makes of an iteration
===================================

The first phase of Colossus 2 (110,000 GB200) draws a power that repeats with every iteration of its
job. A grid answers some frequencies more than others: where two areas swing against each other, a
few megawatts move as much as many elsewhere. The grid here is the built-in two-area model, a screen
and not a network; with ANDES installed, ``powermodel response --case kundur`` asks a network.
"""

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm
from powermodel.indicators.series import power_of
from powermodel.report.response import draw_response
from powermodel.response import marks, score, two_area_response
from powermodel.response.play import play_into_two_areas
from powermodel.response.score import score_blocks

run = pm.simulate(pm.Scenario.load("colossus2-phase1").with_(time={"duration": "60 s"}), seed=7)
grid = two_area_response("kundur", area=1)
found = score(run, grid)
play = play_into_two_areas(run, "kundur", area=1)

# %%
# The gain of the grid, what it makes of the strongest lines of the site, and the run played in. The
# first ten seconds are the grid's way from rest to following.

draw_response(plt.figure(figsize=(10, 8), layout="constrained"), grid, found, play)
plt.show()

# %%
# The same job with longer or shorter iterations: the same series, its time stretched. Where a
# harmonic meets the mode of the grid, the swing grows severalfold; which iteration is worst is a
# matter of the grid, not of the site.

power_w = power_of(run).isel(run=0).values
stretches = np.geomspace(0.4, 4.0, 80)
swings = [
    1e3 * score_blocks([power_w], power_w.size, 1e-3 * stretch, grid).rms_hz
    for stretch in stretches
]
strongest = max(found.lines, key=lambda line: line.amplitude_w)
period_s = 1 / strongest.frequency_hz
figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
axes.loglog(stretches * period_s, swings, color="#0072B2")
for harmonic in (1, 2, 3):
    axes.axvline(harmonic / 0.647, color="#D55E00", lw=0.8)
axes.set_xlabel("period of an iteration [s]; lines: 1, 2 and 3 periods of the grid's mode")
axes.set_ylabel("swing of the frequency [mHz rms]")
plt.show()
print(f"as simulated, {period_s:.2f} s: {1e3 * found.rms_hz:.1f} mHz rms")
print(f"worst, {stretches[np.argmax(swings)] * period_s:.2f} s: {max(swings):.1f} mHz rms")

# %%
# What else stands in the way, by frequency.

for mark in marks("inter-area", "torsional", "event"):
    at = f"{mark.low_hz:g}" if mark.low_hz == mark.high_hz else f"{mark.low_hz:g}-{mark.high_hz:g}"
    print(f"{mark.sort:<11}{at:>10} Hz  {mark.title}")
