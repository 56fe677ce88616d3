# SPDX-License-Identifier: Apache-2.0
"""A storage stage on a kept load: its series as W, its losses as J, and what held it back."""

import numpy as np
import pytest

from powermodel.sizing.farm_stage import CELL, INVERTER, WINDOW, reasons, run_stage
from powermodel.sizing.measuring import Load
from powermodel_kernels.constants import QUANTA_PER_W
from powermodel_kernels.storage.driver import Outputs, outputs

WINDOW_SOC = (0.2, 0.8)


def made(samples: int) -> Outputs:
    out = outputs(samples)
    for values in out:
        values[:] = 0
    out.soc_min[:] = out.soc_max[:] = out.soc_mean[:] = 0.5
    return out


class MadeStage:
    """Gives a tenth of the load, one unit of loss, and remembers what it was given."""

    def initial(self) -> str:
        return "new"

    def advance(self, state: str, load_q: np.ndarray, first_sample: int) -> Outputs:
        assert (state, first_sample, load_q.dtype) == ("new", 0, np.int64)
        out = made(load_q.size)
        out.power_q[:] = load_q // 10
        out.loss_q[:] = QUANTA_PER_W
        return out


def test_series_and_losses() -> None:
    load = Load(np.array([10.0, 20.0, -30.0]), 1.0, 0.0, 0.0)
    found = run_stage(MadeStage(), load, 1e-3, 2.9, WINDOW_SOC)
    assert found.power_w == pytest.approx([1.0, 2.0, -3.0])
    assert found.loss_j == pytest.approx(3e-3)
    assert found.soc == pytest.approx([0.5] * 3)
    # The third sample is above the rating.
    assert found.limited[INVERTER].tolist() == [False, False, True]
    assert not found.limited[WINDOW].any()
    assert not found.limited[CELL].any()


def test_what_held_it_back() -> None:
    out = made(10)
    out.limited[2:8] = 1
    out.command_q[2:6] = 101 * QUANTA_PER_W
    out.soc_min[5:7] = 0.2
    held = reasons(out, 100.0, WINDOW_SOC)
    found = {reason: where.mean() for reason, where in held.items()}
    # 2 to 5 ask for more than the rating, 5 and 6 stand at the end, the others are for the cells.
    assert found == {INVERTER: 0.4, WINDOW: 0.2, CELL: 0.4}
