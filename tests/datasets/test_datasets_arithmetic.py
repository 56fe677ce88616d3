# SPDX-License-Identifier: Apache-2.0
"""The figures agree with each other: sums, products and closed forms, done here once more."""

from __future__ import annotations

import math

import pytest
from scipy.integrate import solve_ivp

from powermodel_datasets import Record, load, names


def number(record: Record, field: str) -> float:
    return record[field].value


def test_gb200_rack_is_72_times_tdp_and_the_rest() -> None:
    rack, part = load("rack", "gb200-nvl72"), load("accelerator", "gb200")
    rest = number(rack, "base_power") + number(rack, "dynamic_power_ratio") * 72 * (1200 - 200)
    assert (number(rack, "accelerators"), number(part, "tdp")) == (72, 1200)
    assert 72 * 1200 + rest == pytest.approx(132e3)
    assert number(rack, "peak_power") / number(rack, "rated_power") == pytest.approx(1.45, abs=5e-3)
    assert number(rack, "supply_rating") == 8 * 6 * 5.5e3


def test_gb200_rack_lies_between_the_straight_lines_of_its_tray() -> None:
    """Tray of 1,000 to 6,667 W with 800 to 4,800 W of GPUs, 18 of them; switch trays the rest."""
    rack = load("rack", "gb200-nvl72")
    switches = 132e3 - 18 * 6667
    lowest_base, highest_ratio = 18 * (1000 - 800) + switches, (6667 - 1000) / (4800 - 800) - 1
    assert number(rack, "base_power") > lowest_base
    assert number(rack, "dynamic_power_ratio") < highest_ratio
    assert rack["dynamic_power_ratio"].range[1] == pytest.approx(highest_ratio, abs=5e-3)


@pytest.mark.parametrize("name", names("rack"))
def test_every_rack_at_tdp_draws_its_rating(name: str) -> None:
    rack = load("rack", name)
    part = load("accelerator", rack.link("accelerator"))
    count, tdp, idle = number(rack, "accelerators"), number(part, "tdp"), number(part, "idle_power")
    rest = number(rack, "base_power") + number(rack, "dynamic_power_ratio") * count * (tdp - idle)
    assert count * tdp + rest == pytest.approx(number(rack, "rated_power"), rel=1e-6)


def test_four_systems_are_a_41_kw_rack() -> None:
    assert number(load("rack", "dgx-h100-rack"), "rated_power") == pytest.approx(4 * 10.2e3)


def test_colossus_first_need() -> None:
    site = load("site", "colossus2-phase1-2025-07")
    per_gpu = number(site, "load_power") / number(site, "accelerators_gb200")
    assert per_gpu == pytest.approx(1.55e3, rel=5e-3)
    rack = number(load("rack", "gb200-nvl72"), "rated_power") / 72
    assert 1200 < per_gpu < rack


def test_every_site_has_its_own_date_and_source() -> None:
    for name in names("site"):
        site = load("site", name)
        assert {value.date for value in site.values()} == {site.as_of}, name
        assert len({value.source for value in site.values()}) == 1, name


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("psu-titanium", {0.1: 0.90, 0.2: 0.94, 0.5: 0.96}),
        ("ups-double-conversion", {0.25: 0.955, 0.5: 0.973, 0.75: 0.975, 1.0: 0.970}),
        ("transformer-mv", {0.5: 0.9953}),
        ("psu-orv3", {0.5: 0.975}),
    ],
)
def test_loss_form_follows_published_shapes(name: str, shape: dict[float, float]) -> None:
    """From peak efficiency and load alone, p + p0 + k p^2 meets the other points within 0.5 %."""
    stage = load("conversion", name)
    peak, load_pu = number(stage, "peak_efficiency"), number(stage, "peak_load")
    k = (1 / peak - 1) / (2 * load_pu)
    p0 = k * load_pu**2
    for p, efficiency in shape.items():
        assert p / (p + p0 + k * p * p) == pytest.approx(efficiency, abs=5e-3)


def test_transformer_peak_is_where_constant_and_load_losses_meet() -> None:
    stage = load("conversion", "transformer-mv")
    assert number(stage, "peak_load") == pytest.approx(math.sqrt(2.9 / 11.7), abs=1e-3)
    assert 1 / number(stage, "peak_efficiency") - 1 == pytest.approx(
        2 * math.sqrt(2.9 * 11.7) / 2500, rel=0.02
    )


def test_b300_edge_gives_the_measured_swing() -> None:
    """A first-order response with the recorded 10-90 % time, integrated over a 2 ms square wave."""
    record = load("published", "gpu-power-lab-b300")
    full, fast = number(record, "swing_5ms_on_5ms_off"), number(record, "swing_1ms_on_1ms_off")
    tau = number(load("accelerator", "b300"), "rise_time_10_90") / math.log(9)
    power = 0.0
    for half in range(20):
        target = full if half % 2 == 0 else 0.0
        solved = solve_ivp(
            lambda _, y, target=target: (target - y) / tau, (0, 1e-3), [power], rtol=1e-9, atol=1e-9
        )
        before, power = power, float(solved.y[0, -1])
    assert abs(power - before) == pytest.approx(fast, rel=0.01)


def test_b300_range_of_the_edge() -> None:
    record = load("published", "gpu-power-lab-b300")
    full, fast = number(record, "swing_5ms_on_5ms_off"), number(record, "swing_1ms_on_1ms_off")
    low, high = load("accelerator", "b300")["rise_time_10_90"].range
    assert low == pytest.approx(math.log(9) * 1e-3 / (4 * math.atanh(fast / full)), rel=0.01)
    left_after_5ms = 187.7 - number(record, "idle")
    assert high == pytest.approx(math.log(9) * 5e-3 / math.log(full / left_after_5ms), rel=0.03)


def test_measured_edges_are_those_of_the_a100_only() -> None:
    for name in names("accelerator"):
        edge = load("accelerator", name)["rise_time_10_90"]
        assert (edge.confidence == "H") == (name == "a100-pcie"), name


@pytest.mark.parametrize("name", ["llama3-405b", "megascale-175b"])
def test_step_time_is_work_over_rate(name: str) -> None:
    job = load("job", name)
    work = 6 * number(job, "parameters") * number(job, "tokens_per_step")
    rate = number(job, "accelerators") * number(job, "achieved_rate")
    assert work / rate == pytest.approx(number(job, "step_time"), rel=0.01)


def test_other_job_identities() -> None:
    llama, deepseek = load("job", "llama3-405b"), load("job", "deepseek-v3")
    shape = ("tensor_parallel", "pipeline_parallel", "data_parallel")
    assert math.prod(number(llama, f) for f in shape) == number(llama, "accelerators")
    step = number(deepseek, "tokens_per_step") * number(deepseek, "accelerator_time_per_token")
    assert step / 2048 == pytest.approx(number(deepseek, "step_time"), rel=0.01)
    assert number(load("job", "megascale-175b"), "achieved_rate") == pytest.approx(
        0.552 * 312e12, rel=1e-3
    )


def test_failures_are_counted_not_shared() -> None:
    record = load("published", "llama3-405b-failures")
    causes = [value.value for field, value in record.items() if field.startswith("cause_")]
    assert len(causes) == 14
    assert sum(causes) == number(record, "unplanned") == 419
    assert number(record, "planned") + 419 == number(record, "interruptions")
    interval = number(record, "observed_time") / 419
    assert interval == pytest.approx(number(record, "job_failure_interval"), rel=2e-3)
    each = record["accelerator_failure_interval"]
    assert interval * 16384 == pytest.approx(each.value, abs=each.tolerance)
    years = each.value / (365.25 * 86400)
    assert years == pytest.approx(5.8, abs=0.05)
    assert each.value / 1e6 == pytest.approx(3.0 * 60, rel=0.02)


def test_power_capped_cluster() -> None:
    record = load("published", "arxiv-2605.24461")
    product = number(record, "accelerators") * number(record, "accelerator_power")
    assert product == pytest.approx(number(record, "accelerators_power"), rel=1e-3)
    tdp = number(load("accelerator", "gb200"), "tdp")
    assert number(record, "accelerator_power") == pytest.approx(0.8 * tdp)
    assert 1 - number(record, "optimum_power") / tdp == pytest.approx(
        number(record, "optimum_power_saving"), abs=1e-3
    )


def test_b300_step_peak_is_its_design_point() -> None:
    record, part = load("published", "gpu-power-lab-b300"), load("accelerator", "b300")
    assert number(part, "tdp") == number(record, "power_limit")
    assert number(part, "idle_power") == number(record, "idle")
    peak = number(record, "training_step_peak") / number(record, "power_limit")
    assert peak == pytest.approx(number(part, "edpp_factor"), abs=1e-3)
