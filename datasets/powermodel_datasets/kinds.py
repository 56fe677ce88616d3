# SPDX-License-Identifier: Apache-2.0
"""Every kind of record. A new kind is one entry here and its files in ``records/<kind>/``."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from powermodel_datasets import rules
from powermodel_datasets.evidence_kinds import EVIDENCE
from powermodel_datasets.grid_kinds import GRID_KINDS
from powermodel_datasets.limit_kinds import LIMIT_RULE
from powermodel_datasets.load_model_kinds import LOAD_MODEL
from powermodel_datasets.observer_kinds import OBSERVER
from powermodel_datasets.rack_kinds import RACK_KINDS
from powermodel_datasets.spec import Field, Kind, maybe
from powermodel_datasets.storage_kinds import STORAGE_KINDS
from powermodel_datasets.supply_kinds import SUPPLY_KINDS

ACCELERATOR = Kind(
    title="Accelerator: one GPU module",
    fields={
        "tdp": Field("thermal design power, which holds on average", "W", 50, 5000),
        "idle_power": Field("power with no work resident", "W", 5, 1000),
        "rise_time_10_90": Field("10-90 % time of the power after work begins", "s", 1e-5, 1),
        "fall_time_90_10": Field("90-10 % time of the power after work ends", "s", 1e-5, 1),
        "edpp_factor": Field("electrical design point peak, in units of the TDP", "1", 1, 2.5),
        "edpp_time": Field("time for which the peak above TDP lasts", "s", 1e-4, 10),
        "rating_spread": Field("standard deviation of the power between devices", "1", 0, 0.3),
        "noise_sigma": Field("standard deviation of the power on a plateau", "1", 0, 0.3),
    },
    rules=(rules.idle_below_tdp,),
)

RACK = Kind(
    title="Rack, or a rack's worth of servers",
    links={"accelerator": "accelerator", "supply": "conversion"},
    fields={
        "accelerators": Field("accelerators in the rack", "1", 1, 2000, whole=True),
        "rated_power": Field(
            "rack power behind its supply with every accelerator at TDP", "W", 1e3, 2e6
        ),
        "peak_power": Field("electrical design point peak of the rack", "W", 1e3, 4e6, False),
        "base_power": Field(
            "power of the rest (processors, switches, fans) with every accelerator idle",
            "W",
            0,
            1e6,
        ),
        "dynamic_power_ratio": Field(
            "what the rest adds per watt that the accelerators draw above idle", "1", 0, 1
        ),
        "supply_rating": Field("rating of the rack's supply shelves together", "W", 1e3, 4e6),
    },
    rules=(rules.rack_adds_up, rules.rack_within_supply),
)

CONVERSION = Kind(
    title="Power conversion stage: p_in = p + p0 + k p^2, per unit of its rating",
    fields={
        "peak_efficiency": Field("highest efficiency", "1", 0.5, 1),
        "peak_load": Field("output at which it is reached, per unit of the rating", "1", 0.01, 1),
        "rating": Field("rated output, where the record is of one size", "W", 1, 2e9, False),
    },
)


_counted = partial(maybe, unit="1", low=0, high=1e8, whole=True)

JOB = Kind(
    title="Training job: published configurations, and defaults of phases, spreads and failures",
    fields={
        "accelerators": _counted("accelerators of the job"),
        "parameters": maybe("parameters of the model", "1", high=1e15),
        "active_parameters": maybe("parameters used per token", "1", high=1e15),
        "tokens_per_step": maybe("tokens in one optimiser step", "1"),
        "training_tokens": maybe("tokens of the whole training", "1", high=1e16),
        "accelerator_time_per_token": maybe("accelerator-seconds per token", "s"),
        "achieved_rate": maybe("floating-point operations per second, each", "1/s", high=1e18),
        "model_flops_utilization": maybe("achieved over peak rate", "1", high=1),
        "tensor_parallel": _counted("accelerators that share one layer"),
        "pipeline_parallel": _counted("pipeline stages"),
        "data_parallel": _counted("replicas"),
        "expert_parallel": _counted("accelerators that share the experts"),
        "step_time": maybe("one iteration, optimiser to optimiser", "s", 1e-3, 1e4),
        "compute_power": maybe("power while computing, in units of the TDP", "1", high=2.5),
        "communication_power": maybe("power in exposed communication, of the TDP", "1", high=2),
        "compute_share": maybe("share of the step spent computing", "1", high=1),
        "checkpoint_time": maybe("duration of a checkpoint", "s", high=1e5),
        "checkpoint_interval": maybe("time between checkpoints", "s", high=1e6),
        "restart_time": maybe("from a failure to the next iteration", "s", high=1e6),
        "straggler_spread": maybe("sigma of the logarithm of a phase's duration", "1", high=1),
        "slow_host_share": maybe("share of hosts that are slow throughout", "1", high=1),
        "slow_host_slowdown": maybe("how much longer those take", "1", high=10),
        "failure_interval": maybe("accelerator-time between unplanned failures", "s", 1e3),
        "observed_time": maybe("time over which failures were counted", "s"),
        "interruptions": _counted("interruptions, planned and unplanned"),
        "unplanned_interruptions": _counted("unplanned interruptions"),
        "effective_time": maybe("share of the time that trained", "1", high=1),
        "load_power": maybe("power of the whole job", "W"),
    },
)

SITE = Kind(
    title="Site: one dated fact sheet, never merged with another date or source",
    dated=True,
    fields={
        "accelerators": _counted("accelerators of all types"),
        "accelerators_h100": _counted("H100 installed"),
        "accelerators_h200": _counted("H200 installed"),
        "accelerators_gb200": _counted("GB200 installed"),
        "load_power": maybe("load, installed or needed", "W"),
        "swing_power": maybe("size of a load swing", "W"),
        "grid_power": maybe("power from the grid", "W"),
        "generation_power": maybe("on-site generation", "W"),
        "generation_units": _counted("on-site generating units"),
        "generation_unit_power": maybe("power of one generating unit", "W"),
        "replaced_units": maybe(
            "temporary units replaced or taken out of service", "1", 0, 1e8, whole=True
        ),
        "available_power": maybe("power available from all sources", "W"),
        "battery_power": maybe("power of the batteries", "W"),
        "battery_energy": maybe("energy of the batteries", "J", high=1e15),
        "battery_units": _counted("battery units"),
        "battery_purchase": maybe("paid for batteries", "USD"),
        "chillers": _counted("air-cooled chillers"),
        "cooling_power": maybe("cooling, as stated", "W"),
        "build_time": maybe("time to build", "s"),
        "time_to_training": maybe("from the end of building to training", "s"),
    },
)

SMOOTHING_PROFILE = Kind(
    title="Power smoothing of an accelerator: NVML's parameters, and what devices allow",
    fields={
        "percent_tmp_floor": maybe("primary floor, of the TMP ceiling", "1", high=1),
        "ramp_up_rate": maybe("slew limit upwards, TDP per second", "1/s", 1e-3, 1e3),
        "ramp_down_rate": maybe("slew limit downwards, TDP per second", "1/s", 1e-3, 1e3),
        "ramp_down_hysteresis": maybe("hold before a ramp down", "s", high=1e3),
        "secondary_power_floor": maybe("second floor, of the TDP", "1", high=1),
        "primary_floor_act_win_mult": maybe(
            "activation window, in window units", "1", 0, 1e8, whole=True
        ),
        "primary_floor_tar_win_mult": maybe(
            "target window, in window units", "1", 0, 1e8, whole=True
        ),
        "primary_floor_act_offset": maybe("activation above idle, of the TDP", "1", high=1),
        "window_unit": maybe("what both windows are counted in", "s", 1e-6, 10),
        "largest_floor": maybe("largest usable floor, of the TDP", "1", high=1),
        "fastest_ramp": maybe("fastest plausible ramp, TDP per second", "1/s", 1e-3, 1e3),
    },
)

PUBLISHED = Kind(
    title="Published figures that a model is held against",
    figures=("W", "s", "Hz", "J", "1", "W/s"),
)

KINDS: Mapping[str, Kind] = {
    "accelerator": ACCELERATOR,
    "conversion": CONVERSION,
    "evidence": EVIDENCE,
    "job": JOB,
    "limit-rule": LIMIT_RULE,
    "load-model": LOAD_MODEL,
    "observer": OBSERVER,
    "published": PUBLISHED,
    "rack": RACK,
    "site": SITE,
    "smoothing-profile": SMOOTHING_PROFILE,
    **GRID_KINDS,
    **RACK_KINDS,
    **STORAGE_KINDS,
    **SUPPLY_KINDS,
}
