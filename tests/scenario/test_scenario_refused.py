# SPDX-License-Identifier: Apache-2.0
"""Every kind of bad scenario is refused, and the message names place, expectation and cure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from powermodel.scenario import Scenario

Refuse = Callable[[dict[str, Any]], str]

FORWARD = "jobs.0.program.iteration.0"
REDUCE = "jobs.0.program.iteration.1"
CHECKPOINT = "jobs.0.program.checkpoint"

_PHASE = {"name": "work", "duration": "1 s", "power": "1 TDP"}

# (changes, what the message says)
BAD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "unknown key": (
        {f"{FORWARD}.durration": "1 s"},
        [
            "jobs[0].program.iteration[0].durration: unknown key 'durration'",
            "did you mean 'duration'?",
        ],
    ),
    "unknown key, nothing near": (
        {"time.zzz": 1},
        ["time.zzz: unknown key 'zzz'", "valid: block, dt, duration, fastest_response"],
    ),
    "missing key": ({f"{FORWARD}.duration": ...}, ["iteration[0].duration: missing"]),
    "wrong unit": (
        {f"{FORWARD}.duration": "5 W"},
        ["iteration[0].duration: wrong unit in '5 W': expected a time", "got a power"],
    ),
    "missing unit of a time": (
        {"time.dt": 0.001},
        ["time.dt: missing unit: expected a time such as '2.5 s', got 0.001"],
    ),
    "missing unit of a power level": (
        {f"{FORWARD}.power": 0.95},
        ["iteration[0].power: missing unit: expected a power level such as '0.95 TDP'"],
    ),
    "negative duration": (
        {f"{FORWARD}.duration": "-1 s"},
        ["iteration[0].duration: expected a time above 0 s, got '-1 s'"],
    ),
    "phase shorter than nothing": (
        {f"{FORWARD}.duration": "0 s"},
        ["iteration[0].duration: expected a time above 0 s, got '0 s'"],
    ),
    "negative power": (
        {f"{FORWARD}.power": "-0.5 TDP"},
        ["expected a power level of at least 0, got '-0.5 TDP'"],
    ),
    "power of a wrong dimension": ({f"{FORWARD}.power": "5 s"}, ["wrong unit in '5 s'"]),
    "rho above 1": (
        {f"{FORWARD}.spread.rho": 1.5},
        ["spread.rho: expected a correlation from 0 to 1, got 1.5", "1 is all in step"],
    ),
    "rho below 0": ({f"{FORWARD}.spread.rho": -0.1}, ["from 0 to 1, got -0.1"]),
    "sigma in percent": (
        {f"{FORWARD}.spread.sigma": 2},
        ["spread.sigma: expected a standard deviation (sigma) from 0 to 1, got 2", "0.02 or '2 %'"],
    ),
    "sigma negative": ({f"{FORWARD}.spread.sigma": -0.02}, ["from 0 to 1, got -0.02"]),
    "sigma is text": ({f"{FORWARD}.spread.sigma": "wide"}, ["got 'wide'"]),
    "lognormal without sigma": (
        {f"{FORWARD}.spread": {"rho": 0.5}},
        ["a lognormal spread needs a sigma above 0", "distribution: none"],
    ),
    "uniform with sigma": (
        {f"{FORWARD}.spread": {"sigma": 0.1, "distribution": "uniform"}},
        ["spread.sigma: distribution 'uniform' has no sigma, got 0.1"],
    ),
    "unknown distribution": (
        {f"{FORWARD}.spread.distribution": "normal"},
        ["expected 'lognormal', 'uniform' or 'none', got 'normal'"],
    ),
    "above the electrical maximum": (
        {f"{FORWARD}.power": "1.2 TDP"},
        [
            "1.2 TDP (1.440 kW) is above the electrical maximum of gb200, 1.320 kW (1.1 x TDP)",
            "raise response.overshoot",
        ],
    ),
    "percent taken for a factor": (
        {f"{FORWARD}.power": "95 TDP"},
        ["95.0 TDP (114.0 kW) is 95 times the TDP of gb200", "percent and factor, mixed up?"],
    ),
    "kW taken for W": (
        {f"{FORWARD}.power": "1140 kW"},
        ["iteration[0].power: 1.14 MW is 950 times the TDP of gb200", "kW and W"],
    ),
    "W taken for kW": (
        {f"{FORWARD}.power": "1.14 W"},
        ["1.14 W is less than 1% of the TDP of gb200", "'0 W' is off"],
    ),
    "above the declared limit": (
        {"site.electrical_limit": "0.5 MW"},
        ["site.electrical_limit: the programs reach", "above the declared electrical limit of 500"],
    ),
    "waiting power missing": (
        {f"{REDUCE}.waiting_power": ...},
        ["iteration[1]: missing waiting_power", "barrier 'job'", "'0.4 TDP'"],
    ),
    "unknown barrier": (
        {f"{REDUCE}.barrier": "all"},
        ["barrier: expected 'none', 'group' or 'job', got 'all'"],
    ),
    "group barrier without group": (
        {f"{REDUCE}.barrier": "group", "jobs.0.group_size": ...},
        ["barrier 'group' in a job without group_size", "add 'group_size: 8'"],
    ),
    "racks do not hold the accelerators": (
        {"jobs.0.accelerators": 440},
        [
            "jobs[0].accelerators: 440 accelerators do not fit: 432 fit into the 6 racks of "
            "north, south; 7 racks are needed",
            "add 1 racks, or take at most 432 accelerators",
        ],
    ),
    "group size does not divide": (
        {"jobs.0.group_size": 7},
        ["jobs[0].group_size: group_size 7 does not divide 400 accelerators", "399 or 406"],
    ),
    "stages do not divide": (
        {"jobs.0.pipeline": {"stages": 3, "fill": "1 ms", "drain": "1 ms"}},
        ["pipeline.stages: 3 stages do not divide 400 accelerators", "399 or 402"],
    ),
    "group does not divide a stage": (
        {"jobs.0.pipeline": {"stages": 4, "fill": "1 ms", "drain": "1 ms"}},
        ["group_size 8 does not divide 100 accelerators of one pipeline stage"],
    ),
    "accelerators not whole": ({"jobs.0.accelerators": 400.5}, ["whole number of at least 1"]),
    "block is not tiles": (
        {"time.block": "15 s"},
        ["time.block: block 15 s is not a multiple of the tile of 10 s", "'10 s' or '60 s'"],
    ),
    "dt does not divide": (
        {"time.dt": "0.3 ms"},
        ["time.dt: dt 300 us does not divide the block", "nearest that do: 250 us and 312.5 us"],
    ),
    "phase that cannot be counted": (
        {f"{FORWARD}.duration": "1e-12 s"},
        ["iteration[0].duration: expected a time of at least 1 ns, got 1e-12 s"],
    ),
    "times beyond counting": (
        {"jobs.0.failures.scheduled": ["1e12 s"], "time.duration": "1e6 h"},
        [
            "jobs[0].failures.scheduled[0]: expected a time of at most 1e+09 s, got 1e+12 s",
            "time.duration: expected a time of at most 1e+09 s, got 3.6e+09 s",
        ],
    ),
    "dt is no whole number of ns": ({"time.dt": "0.15 ns"}, ["dt 1.5e-10 s", "does not divide"]),
    "dt too coarse": (
        {"time.dt": "5 ms"},
        [
            "time.dt: dt 5 ms is too coarse for the fastest response, 1.5 ms (10-90 % rise of job "
            "'train'): expected at most 3 ms",
            "write a dt of at most 3 ms",
            "time.fastest_response: '2.5 ms'",
        ],
    ),
    "dt too coarse for what was asked": (
        {"time.dt": "5 ms", "time.fastest_response": "1 ms"},
        ["too coarse for the fastest response, 1 ms (time.fastest_response)"],
    ),
    "duration is not steps": (
        {"time.duration": "1.0005 s"},
        ["duration 1.0005 s is not a whole number of steps of 1 ms", "nearest: 1 s or 1.001 s"],
    ),
    "no jobs": ({"jobs": []}, ["jobs: expected at least one job, got none"]),
    "more jobs than random numbers tell apart": (
        {
            "jobs": [
                {"name": f"job {n}", "accelerators": 8, "program": {"iteration": [_PHASE]}}
                for n in range(257)
            ]
        },
        ["jobs: expected at most 256 jobs, got 257", "let them come by arrivals"],
    ),
    "no halls": ({"site.halls": []}, ["site.halls: expected at least one hall, got none"]),
    "jobs are no list": ({"jobs": "train"}, ["jobs: expected a list, got 'train'"]),
    "job is no mapping": ({"jobs.0": "train"}, ["jobs[0]: expected a mapping with keys name"]),
    "hall twice": (
        {"site.halls.1.name": "north"},
        ["site.halls[1].name: hall 'north' twice: it is already number 0"],
    ),
    "unknown hall": (
        {"jobs.0.halls": ["nort"]},
        ["jobs[0].halls[0]: there is no hall 'nort'", "did you mean 'north'?"],
    ),
    "hall twice in a job": ({"jobs.0.halls": ["north", "north"]}, ["halls[1]: hall 'north' twice"]),
    "empty halls": ({"jobs.0.halls": []}, ["jobs[0].halls: expected at least one hall"]),
    "unknown rack": (
        {"site.halls.0.rack": "gb200-nvl73"},
        ["site.halls[0].rack: unknown rack 'gb200-nvl73'", "gb200-nvl72"],
    ),
    "rack not complete": (
        {"site.halls.0.rack": {"accelerators": 8, "accelerator": "gb200"}},
        ["site.halls[0].rack: missing base_power", "like: NAME"],
    ),
    "rack field without unit": (
        {"site.halls.0.rack": {"like": "gb200-nvl72", "base_power": 10}},
        ["site.halls[0].rack.base_power: missing unit: expected a power"],
    ),
    "unknown accelerator": (
        {"site.halls.0.rack": {"like": "gb200-nvl72", "accelerator": "gb2000"}},
        ["site.halls[0].rack.accelerator: unknown accelerator 'gb2000'"],
    ),
    "two types of accelerator": (
        {"site.halls.1.rack": "gb300-nvl72"},
        ["must hold one type of accelerator, got gb200, gb300", "make two jobs"],
    ),
    "failure without restart": (
        {"jobs.0.program.restart": ...},
        ["jobs[0].failures: failures need a program.restart", "such as restart:"],
    ),
    "failures without a time": (
        {"jobs.0.failures": {}},
        ["jobs[0].failures: failures without a time: expected scheduled, mtbf or both"],
    ),
    "every shorter than an iteration": (
        {f"{CHECKPOINT}.every": "0.5 s"},
        ["checkpoint.every: every 500 ms is shorter than one iteration, which takes 0.7 s"],
    ),
    "every without unit": (
        {f"{CHECKPOINT}.every": 100},
        ["every: missing unit: expected '20 min' or '100 iterations', got 100"],
    ),
    "every half an iteration": ({f"{CHECKPOINT}.every": "0.5 iterations"}, ["at least 1, got 0.5"]),
    "every never": ({f"{CHECKPOINT}.every": "0 s"}, ["expected a time above 0 s, got '0 s'"]),
    "no phases": (
        {"jobs.0.program.iteration": []},
        ["program.iteration: expected at least one phase, got an empty list"],
    ),
    "repeat without end": (
        {
            "jobs.0.program.iteration": [
                {
                    "repeat": 10_000_000,
                    "phases": [{"name": "a", "duration": "1 us", "power": "1 TDP"}],
                }
            ]
        },
        ["program.iteration: 10,000,000 phases with repeats unrolled, expected at most 262,144"],
    ),
    "ends before it begins": (
        {"jobs.0.begins": "5 s", "jobs.0.ends": "5 s"},
        ["jobs[0].ends: expected an end after the begin at 5 s, got 5 s"],
    ),
    "end that never comes": (
        {"jobs.0.program.end": [{"name": "e", "duration": "1 s", "power": "idle"}]},
        ["program.end: the program has an 'end' but the job never ends", "add 'ends: TIME'"],
    ),
    "neither program nor trace": (
        {"jobs.0.program": ...},
        ["jobs[0]: expected either a program or a trace, got neither"],
    ),
    "slowdown in percent": (
        {"jobs.0.stragglers": {"share": 0.005, "slowdown": 10}},
        ["slowdown: expected a fraction from 0 to 1, got 10", "if 10 percent is meant, write 0.1"],
    ),
    "another format": ({"powermodel": 2}, ["powermodel: expected 1, got 2"]),
    "seed below 0": ({"seed": -1}, ["seed: expected a whole number of at least 0, got -1"]),
    "unknown engine": ({"engine": "walk"}, ["engine: expected 'events' or 'steps', got 'walk'"]),
    "name is a number": ({"name": 5}, ["name: expected a text, got 5"]),
    "rack that is not there": ({"output": {"racks": [6]}}, ["there is no rack 6", "0 to 5"]),
    "rack twice": ({"output": {"racks": [1, 1]}}, ["output.racks[1]: rack 1 twice"]),
    "racks are text": ({"output": {"racks": "some"}}, ["expected none, all or a list", "'some'"]),
    "probe that is not there": ({"output": {"probes": [432]}}, ["no accelerator 432", "0 to 431"]),
    "halls is text": ({"output": {"halls": "yes"}}, ["halls: expected true or false, got 'yes'"]),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_scenario_is_refused(case: str, refuse: Refuse) -> None:
    changes, parts = BAD[case]
    message = refuse(changes)
    for part in parts:
        assert part in message


def test_job_names_are_unique(refuse: Refuse, plain: dict[str, Any]) -> None:
    message = refuse({"jobs": [plain["jobs"][0], plain["jobs"][0]]})
    assert "jobs[1].name: job 'train' twice" in message


def test_later_job_finds_only_what_is_left(refuse: Refuse, plain: dict[str, Any]) -> None:
    second = plain["jobs"][0] | {"name": "second", "accelerators": 72, "halls": ["north", "south"]}
    message = refuse({"jobs": [plain["jobs"][0], second]})
    assert (
        "jobs[1].accelerators: 72 accelerators do not fit: 0 fit into the 0 racks of north, south "
        "that earlier jobs leave of 6; 1 racks are needed" in message
    )


def test_all_problems_are_told_at_once(refuse: Refuse) -> None:
    message = refuse({"time.dt": 1, "seed": -1, f"{FORWARD}.power": "1 TDPP"})
    assert message.startswith("3 problems")
    for place in ("time.dt:", "seed:", "iteration[0].power:"):
        assert place in message


def test_limit_counts_only_jobs_that_run_together(plain: dict[str, Any]) -> None:
    job = plain["jobs"][0] | {"accelerators": 200, "halls": ["north"]}
    early = job | {"name": "early", "ends": "20 s"}
    late = job | {"name": "late", "halls": ["south", "north"], "begins": "20 s"}
    plain["jobs"] = [early, late]
    apart = Scenario.from_dict(plain).nameplate_w()
    late["begins"] = "10 s"
    together = Scenario.from_dict(plain).nameplate_w()
    # 200 accelerators at 0.95 TDP instead of idle, what follows them, supply and overhead.
    assert together - apart == pytest.approx(200 * (1140 - 200) * 1.25 / 0.975 * 1.05, rel=1e-12)
