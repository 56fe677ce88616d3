# SPDX-License-Identifier: Apache-2.0
"""Jobs that come at random: what the scenario means, what is refused, what a plan says."""

from __future__ import annotations

import pytest

from powermodel.errors import ScenarioError
from powermodel.indicators.jobs import job_indicators
from powermodel.planning import plan
from powermodel.planning.cost import core_seconds_of
from powermodel.scenario import Scenario

PROGRAM = {
    "iteration": [{"name": "train", "duration": "100 s", "power": "0.87 TDP"}],
    "end": [{"name": "pack", "duration": "30 s", "power": "0.2 TDP"}],
}


def data(**arrivals):
    given = {"every": "10 min", "places": 2, "length": {"mean": "15 min"}} | arrivals
    return {
        "powermodel": 1,
        "name": "jobs",
        "site": {"halls": [{"name": "hall", "rack": "gb200-nvl72", "racks": 5}]},
        "jobs": [{"name": "train", "accelerators": 144, "arrivals": given, "program": PROGRAM}],
        "time": {"duration": "3 h", "dt": "1 s", "fastest_response": "0.5 s"},
    }


def changed(path, value, **arrivals):
    return Scenario.from_dict(data(**arrivals)).set(path, value)


def test_every_place_has_racks_of_its_own_and_one_job_at_a_time():
    scenario = Scenario.from_dict(data())
    assert [(p.job, p.standing, p.first_rack, p.racks) for p in scenario.placements] == [
        (0, 0, 0, 2), (0, 1, 2, 2),
    ]  # fmt: skip
    for standing in scenario.standing:
        edges = [tick for span in standing.spans for tick in span]
        assert edges == sorted(edges)
    # The end section keeps a place for its 30 s.
    gaps = [
        later[0] - earlier[1]
        for one in scenario.standing
        for earlier, later in zip(one.spans, one.spans[1:], strict=False)
    ]
    assert gaps
    assert min(gaps) >= 30 * 10**9


def test_an_ordinary_job_stands_as_before():
    scenario = changed("jobs.0.ends", "1 h").set("jobs.0.arrivals", None)
    assert [one.spans for one in scenario.standing] == [((0, 3600 * 10**9),)]
    assert scenario.job_runs == ((),)
    assert list(job_indicators(scenario)) == []


def test_jobs_come_between_begin_and_end_of_their_job():
    scenario = changed("jobs.0.begins", "1 h").set("jobs.0.ends", "2 h")
    runs, (begin, end) = scenario.job_runs[0], (3600 * 10**9, 7200 * 10**9)
    assert all(begin <= run.arrived < end for run in runs)
    assert max(span[1] for one in scenario.standing for span in one.spans) <= end


def test_the_share_of_places_that_are_taken_at_the_beginning():
    def there(**arrivals):
        runs = Scenario.from_dict(data(**arrivals)).job_runs[0]
        return sum(run.number < 0 for run in runs)

    assert there() == 2  # they ask for 1.5 of 2 places
    assert there(every="1 h") == 0
    assert there(busy=0) == 0
    assert there(busy="50 %", every="1 h") == 1


def test_other_seeds_draw_other_jobs_and_the_same_seed_the_same():
    scenario = Scenario.from_dict(data())
    assert scenario.job_runs != scenario.set("seed", 5).job_runs
    assert scenario.job_runs == Scenario.from_yaml(scenario.to_yaml()).job_runs


def test_the_plan_says_what_is_drawn():
    rows = dict(plan(Scenario.from_dict(data())).rows())
    assert rows["jobs"] == "train (2 × 144)"
    assert rows["accelerators"].startswith("288 in 4 racks")
    assert "they ask for 75% of the places and take" in rows["arrivals"]


def test_indicators_of_jobs_agree_with_their_runs():
    scenario = Scenario.from_dict(data())
    found = {one.name: one.value for one in job_indicators(scenario)}
    stop = 3 * 3600 * 10**9
    spans = [(r.began, min(r.ended, stop)) for r in scenario.job_runs[0] if r.began < stop]
    assert found["places_taken[train]"] == pytest.approx(sum(b - a for a, b in spans) / 2 / stop)
    came = [run for run in scenario.job_runs[0] if run.number >= 0]
    assert found["jobs_begun[train]"] == sum(run.began < stop for run in came)
    assert found["jobs_begun[train]"] + found["jobs_waiting[train]"] == len(came)


def test_jobs_that_cannot_come_have_no_value_and_say_why():
    found = list(job_indicators(changed("jobs.0.begins", "4 h")))
    assert {one.value for one in found} == {None}
    assert {one.reason for one in found} == {"the run ends before jobs may come"}


def test_a_run_that_changes_all_the_time_is_expected_to_take_longer():
    def work_s(duration):
        path = "jobs.0.program.iteration.0.duration"
        planned = plan(changed(path, duration))
        return core_seconds_of(planned.scenario, 4, planned.samples, 0)

    assert work_s("4 h") < 0.1 * work_s("5 s")


@pytest.mark.parametrize(
    ("arrivals", "words"),
    [
        ({"every": "0 s"}, ["arrivals.every: expected a time above 0 s"]),
        ({"every": "1 ms"}, ["10,800,000 jobs would come in this run", "at most 1,000,000"]),
        ({"places": 0}, ["arrivals.places"]),
        ({"places": 3}, ["3 places of 144 accelerators do not fit: 2 fit", "at most 2 places"]),
        ({"busy": 1.5}, ["arrivals.busy", "1.5"]),
        ({"length": {"mean": "1 h", "distribution": "lognormal"}},
         ["length.sigma: expected a sigma above 0 where the length is lognormal, got 0"]),
        ({"length": {"mean": "1 h", "sigma": 1}},
         ["length.sigma: expected no sigma where the length is exponential, got 1"]),
        ({"length": {"mean": 3600}}, ["length.mean: missing unit"]),
        ({"length": {"mean": "1 h", "distribution": "weibull"}}, ["length.distribution"]),
        ({"rate": 3}, ["unknown key 'rate'", "every"]),
    ],
)  # fmt: skip
def test_bad_arrivals_are_refused(arrivals, words):
    with pytest.raises(ScenarioError) as refused:
        Scenario.from_dict(data(**arrivals))
    for word in words:
        assert word in str(refused.value)
