# SPDX-License-Identifier: Apache-2.0
"""The published record that presets are held against is whole and agrees with itself."""

from __future__ import annotations

import pytest

from powermodel_datasets import load

RECORD = load("published", "arxiv-2508.14318")
EDGES = [(0.02, 0.1), (0.1, 0.2), (0.2, 3.0), (3.0, 7.0), (7.0, 20.0)]


def number(field: str) -> float:
    return RECORD[field].value


def test_lines_are_harmonics_of_the_period() -> None:
    for field in RECORD:
        if field.startswith("line_frequency_"):
            order = int(field.removeprefix("line_frequency_"))
            line = RECORD[field]
            assert order / number("main_period") == pytest.approx(line.value, abs=1e-3)
            assert line.tolerance == pytest.approx(0.005)


def test_two_events_make_a_cycle() -> None:
    cycle = number("second_event_after_start") + number("second_event_before_next")
    assert cycle == pytest.approx(number("main_period"), abs=1e-9)
    assert number("cycle_jitter") / number("main_period") == pytest.approx(0.0048, abs=1e-3)


def test_levels() -> None:
    assert number("maximum") / number("tdp_level") == pytest.approx(
        number("maximum_over_tdp"), abs=1e-3
    )
    plateau = RECORD["plateau"].range
    assert plateau is not None
    steady = number("mean_steady")
    assert steady / plateau[1] <= number("mean_steady_over_plateau") + 5e-3 <= steady / plateau[0]
    low, high = RECORD["trough"].range[0] / 0.83, RECORD["trough"].range[1] / 0.83
    assert (low, high) == pytest.approx(RECORD["trough_over_plateau"].range, abs=0.01)
    assert number("residual_sigma") / number("mean_steady") == pytest.approx(
        number("residual_sigma_over_mean"), abs=1e-3
    )


@pytest.mark.parametrize("table", ["energy_share", "magnitude_sum"])
def test_band_tables_are_whole(table: str) -> None:
    bands = [RECORD[f"{table}_{n}"].band for n in range(1, 6)]
    assert bands == EDGES
    assert all(RECORD[f"{table}_{n}"].tolerance for n in range(1, 6))


def test_energy_and_magnitude_disagree() -> None:
    energy = [number(f"energy_share_{n}") for n in range(1, 6)]
    magnitude = [number(f"magnitude_sum_{n}") for n in range(1, 6)]
    assert sum(energy) == pytest.approx(0.99, abs=0.01)
    assert energy[0] + energy[1] == pytest.approx(number("energy_share_below_200_mhz"), abs=0.015)
    assert max(energy) == energy[0]
    assert max(magnitude) == magnitude[2]


def test_floor() -> None:
    assert number("floor_setting") * number("tdp_level") == pytest.approx(
        number("floor_level"), abs=1e-3
    )
    assert number("floor_energy_added_window") * 0.64 == pytest.approx(
        number("floor_energy_added_text"), abs=1e-3
    )
    assert RECORD["floor_energy_added_model"].tolerance == pytest.approx(0.01)
    assert 1.10 - number("floor_setting") == pytest.approx(number("floor_range_remaining"))


def test_storage() -> None:
    after_over_before = number("storage_swing_after") / number("storage_swing_before")
    assert 1 - after_over_before == pytest.approx(number("storage_swing_reduction"), abs=5e-3)
    size = number("storage_energy_swing") / number("storage_charge_swing")
    assert size == pytest.approx(number("storage_size"), rel=5e-3)
    mwh = 3.6e9
    assert number("storage_energy_swing") * 1e9 / mwh == pytest.approx(0.53, abs=5e-3)
    assert number("storage_size") * 1e9 == pytest.approx(number("storage_size_1gw"), rel=5e-3)
    assert number("storage_energy_swing") * 132e3 == pytest.approx(
        number("storage_energy_swing_rack"), rel=5e-3
    )


def test_nothing_measured_is_shipped_as_a_series() -> None:
    assert all(isinstance(value.value, float) for value in RECORD.values())
    assert len(RECORD) < 100
