# SPDX-License-Identifier: Apache-2.0
"""How many units, joules and percent it takes to keep limits, with margin and what binds."""

from powermodel.sizing.axes import Axis
from powermodel.sizing.errors import SizingError, UnreachableError
from powermodel.sizing.farm_stage import run_farm
from powermodel.sizing.labelled import to_dict, to_tree
from powermodel.sizing.setting import Measured, Setting
from powermodel.sizing.study import Answer, Question, answer

__all__ = [
    "Answer",
    "Axis",
    "Measured",
    "Question",
    "Setting",
    "SizingError",
    "UnreachableError",
    "answer",
    "run_farm",
    "to_dict",
    "to_tree",
]
