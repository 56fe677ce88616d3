# SPDX-License-Identifier: Apache-2.0
"""The records of variables, and what a store says of its origin."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pint
import pytest

from powermodel import provenance, schema
from powermodel.errors import StoreError


def test_every_variable_has_one_record_with_a_known_unit_and_method():
    paths = [variable.path for variable in schema.variables()]
    assert len(paths) == len(set(paths))
    units = pint.UnitRegistry()
    for variable in schema.variables():
        assert variable.long_name
        if variable.path != schema.CHECKSUM.path:
            unit = units.Unit("" if variable.units == "1" else variable.units or "none")
            kinds = ("watt", "joule", "dimensionless", "hertz", "hertz/second")
            assert any(unit.is_compatible_with(kind) for kind in kinds)
            assert variable.cell_methods.removeprefix("time: ") in (
                "point",
                "minimum",
                "mean",
                "maximum",
            )


def test_overview_levels_divide_one_another():
    lengths = [ticks for _, ticks in schema.OVERVIEW_LEVELS]
    assert lengths == sorted(lengths)
    assert all(b % a == 0 for a, b in pairwise(lengths))
    units = pint.UnitRegistry()
    for name, ticks in schema.OVERVIEW_LEVELS:
        assert units.Quantity(name).to("ns").magnitude == pytest.approx(ticks)


def test_the_sign_convention_is_in_every_power():
    assert "P_poi = P_load - P_storage - P_onsite" in schema.SIGN_CONVENTION
    powers = [variable for variable in schema.SAMPLES if variable.name == "power"]
    assert len(powers) >= 8
    for variable in powers:
        assert schema.SIGN_CONVENTION in variable.attributes()["comment"]


def test_the_documentation_table_has_every_variable():
    table = schema.markdown_table()
    assert all(f"| `/{variable.path}` |" in table for variable in schema.variables())
    assert "| `/rack/power` | run, time, rack | float32 | W | time: point |" in table


def test_check_names_the_variable_and_the_place():
    sizes = {"time": 3, "hall": 2}
    values = np.ones((3, 2))
    assert schema.HALL_POWER.check(values, sizes).dtype == np.float64
    with pytest.raises(
        StoreError, match=r"hall/power: expected an array of \(time 3, hall 2\), got shape \(3,\)"
    ):
        schema.HALL_POWER.check(values[:, 0], sizes)
    values[2, 1] = np.inf
    with pytest.raises(StoreError, match=r"got inf at index \(2, 1\)"):
        schema.HALL_POWER.check(values, sizes)


def _attributes(**changes):
    options = {
        "seed": 7,
        "engine": "events",
        "device": "cpu",
        "dt_s": 1e-3,
        "duration_s": 60.0,
    }
    return provenance.run_attributes("site: s\n", "abc", **(options | changes))


def test_attributes_are_plain_and_the_same_again():
    one = _attributes()
    assert json.loads(json.dumps(one)) == one == _attributes()
    assert all(isinstance(value, str | int | float) for value in one.values())
    assert one["numpy_version"] == np.__version__
    assert one["source"] == f"powermodel {one['powermodel_version']}"


def test_a_package_that_is_not_there_is_said_to_be():
    assert provenance.package_version("no-such-package-of-ours") == "not installed"


def test_differences_name_each_attribute_that_must_match():
    assert provenance.differences(_attributes(), _attributes(device="cuda:0")) == []
    assert provenance.differences(_attributes(), _attributes(seed=8, engine="steps")) == [
        "seed is 7 in the store, 8 in this run",
        "engine is 'events' in the store, 'steps' in this run",
    ]


def test_no_series_is_called_like_a_group():
    """`DataTree.load` would leave it on disk, which a run in memory no longer has."""
    groups = {variable.group for variable in schema.SAMPLES}
    assert not groups & {variable.name for variable in schema.SAMPLES}
