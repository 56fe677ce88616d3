# SPDX-License-Identifier: Apache-2.0
"""Scenarios: what users say about a site, its jobs and a run, checked and in SI units."""

from powermodel.scenario.arrivals import Arrivals, JobLength
from powermodel.scenario.base import Every, PowerLevel
from powermodel.scenario.files import shipped
from powermodel.scenario.hardware import AcceleratorSpec, Assumption, RackSpec, ResponseSpec
from powermodel.scenario.jobs import Failures, Job, Noise, Pipeline, Response, Stragglers
from powermodel.scenario.model import Scenario
from powermodel.scenario.placement import Placement
from powermodel.scenario.program import Periodic, Phase, Program, Repeat, Section, Spread
from powermodel.scenario.run import Output, Time
from powermodel.scenario.site import Hall, Overhead, Site
from powermodel.scenario.trace import Trace, TraceSpec, load_trace

__all__ = [
    "AcceleratorSpec",
    "Arrivals",
    "Assumption",
    "Every",
    "Failures",
    "Hall",
    "Job",
    "JobLength",
    "Noise",
    "Output",
    "Overhead",
    "Periodic",
    "Phase",
    "Pipeline",
    "Placement",
    "PowerLevel",
    "Program",
    "RackSpec",
    "Repeat",
    "Response",
    "ResponseSpec",
    "Scenario",
    "Section",
    "Site",
    "Spread",
    "Stragglers",
    "Time",
    "Trace",
    "TraceSpec",
    "load_trace",
    "shipped",
]
