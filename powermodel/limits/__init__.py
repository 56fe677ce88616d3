# SPDX-License-Identifier: Apache-2.0
"""Limits as words: ``"ramp 1s <= 20 MW"`` is read, held against a record, and explained.

Every measure is one of the indicators, with its definition, so a limit and a report never mean
different things.
"""

from powermodel.limits.errors import LimitError
from powermodel.limits.limit import Limit, Outcome
from powermodel.limits.limit_set import Assessment, LimitSet
from powermodel.limits.measures import ALIASES, MEASURES, Measure
from powermodel.limits.record import PowerRecord

__all__ = [
    "ALIASES",
    "MEASURES",
    "Assessment",
    "Limit",
    "LimitError",
    "LimitSet",
    "Measure",
    "Outcome",
    "PowerRecord",
]
