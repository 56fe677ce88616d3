# SPDX-License-Identifier: Apache-2.0
"""Everyday units are read without the registry, and mean what the registry says."""

import subprocess
import sys
from decimal import Decimal

import pytest

from powermodel_datasets import unit_registry
from powermodel_datasets.quantities import EVERYDAY


@pytest.mark.parametrize(
    ("canonical", "unit"), [(c, u) for c, sizes in EVERYDAY.items() for u in sizes]
)
def test_an_everyday_unit_has_the_size_that_the_registry_gives_it(canonical, unit):
    def named(text):
        return "dimensionless" if text == "1" else text

    one = unit_registry().Quantity(1, named(unit)).to(named(canonical))
    assert Decimal(repr(float(one.magnitude))) == EVERYDAY[canonical][unit]


def test_loading_a_shipped_scenario_does_not_need_the_registry():
    code = (
        "import sys; from powermodel.scenario import Scenario; "
        "Scenario.load('colossus2-phase1').nameplate_w(); print('pint' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
