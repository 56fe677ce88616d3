# SPDX-License-Identifier: Apache-2.0
"""One machine under GAST and a load step, against ANDES: frequency within 1 % of the swing.

ANDES is under the GPL and never imported here. What it computed is kept in ``andes_gast.csv``;
where an interpreter that has it is named, it is run again and must give the same.
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from powermodel_kernels.supply.machines import Gast, IslandSetup, Unit
from tests.kernels.islands import NO_TRIPS, run

HERE = Path(__file__).parent
RECORD = HERE / "andes_gast.csv"


def test_frequency_is_that_of_andes_within_one_percent_of_the_swing() -> None:
    time_s, speed = np.loadtxt(RECORD, delimiter=",").T
    governor = Gast(droop=0.05, valve_s=0.4, turbine_s=0.1, exhaust_s=3.0, limit_gain=2.0)
    setup = IslandSetup([Unit(100e6, 4.0, governor, 90e6, **NO_TRIPS)], 60.0)
    _, out = run(setup, 60e6, -10e6, seconds=15.0)
    ours = out.speed[np.rint(time_s * 1000).astype(int)]
    assert np.ptp(speed) > 0.007
    assert np.abs(ours - speed).max() < 0.01 * np.ptp(speed)


@pytest.mark.andes
def test_the_record_is_what_andes_computes() -> None:
    interpreter = os.environ.get("POWERMODEL_ANDES_PYTHON")
    if interpreter is None and importlib.util.find_spec("andes") is not None:
        interpreter = sys.executable
    if interpreter is None:
        pytest.skip(
            "ANDES is not installed, so it was not run: its record was compared instead. To run "
            "it, name an interpreter that has it in POWERMODEL_ANDES_PYTHON"
        )
    done = subprocess.run(
        [interpreter, str(HERE / "andes_gast.py")], capture_output=True, text=True, check=True
    )
    again = np.loadtxt(
        [line for line in done.stdout.splitlines() if line[0].isdigit()], delimiter=","
    )
    assert np.abs(again - np.loadtxt(RECORD, delimiter=",")).max() < 1e-7
