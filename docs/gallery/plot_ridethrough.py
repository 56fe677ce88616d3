# SPDX-License-Identifier: Apache-2.0
"""
Six sags, and what they take away
=================================

On 2024-07-10 six faults in Northern Virginia made six sags within 82
s, and about 1,500 MW of load left the grid. Many UPS there count disturbances: at the third
within a minute they hand their load to the batteries until someone resets them. This page takes the
first gigawatt of Colossus 2 through the same sags.

Number, window, and ranges of depth and length are published; that the sags are evenly spaced and
grow longer and shallower is assumed. The share of the load that counts sags is sized from the
published loss: what follows is the mechanism, not a proof.
"""

import math
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np

import powermodel as pm
from powermodel.report.ridethrough import draw_ride
from powermodel.simulation.ridethrough import STEP_S, Question, counting_share_of, ride, sags_of
from powermodel_kernels.constants import QUANTA_PER_W

site = pm.Scenario.load("colossus2-1gw")
event = "n-virginia-2024-07-10"
question = Question(sags_of(event), counting_share_of(event), duration_s=600.0)
found = ride(site, question)


def told(ridden):
    """Print what an event cost."""
    back = f"{ridden.recovery_s:.0f} s" if math.isfinite(ridden.recovery_s) else "never"
    print(f"asked for            {ridden.load_w / 1e6:7.0f} MW")
    print(f"lost at most         {ridden.lost_w / 1e6:7.0f} MW")
    print(f"away at the end      {ridden.away_w[-1] / 1e6:7.0f} MW")
    print(f"90 % back after      {back:>10}")
    print(f"surge on the way back{ridden.surge_w / 1e6:7.0f} MW")
    print(f"job time lost        {ridden.job_s:7.0f} s")
    print(f"the event is {ridden.verdict} {ridden.question.envelope}")


told(found)
draw_ride(plt.figure(figsize=(10, 5), layout="constrained"), found)
plt.show()

# %%
# Nobody resets the UPS: the batteries carry the load until they are empty, then the jobs are lost.
# Reset after four minutes, before that, all of it comes back at once, and the batteries are charged
# on top: the surge.

reset = ride(site, replace(question, reset_s=240.0))
told(reset)
draw_ride(plt.figure(figsize=(10, 5), layout="constrained"), reset)
plt.show()

# %%
# The recovery curve, for both and for UPS that do not count.

patient = ride(site, replace(question, counting_share=0.0))
figure, axes = plt.subplots(figsize=(10, 4), layout="constrained")
for name, one, color in (
    ("never reset", found, "#D55E00"),
    ("reset after 4 min", reset, "#0072B2"),
    ("not counting", patient, "#009E73"),
):
    grid = one.series.grid / QUANTA_PER_W / one.load_w
    axes.plot(np.arange(grid.size) * STEP_S, grid, color=color, lw=1.0, label=name)
axes.set_xlabel("time [s]")
axes.set_ylabel("power from the grid, share of the load")
axes.legend(loc="lower right", ncols=3)
plt.show()
