# SPDX-License-Identifier: Apache-2.0
"""Facts: parameter records and published figures, each value with unit, source, date, confidence.

>>> from powermodel_datasets import load
>>> load("accelerator", "gb200")["tdp"].value
1200.0
"""

from __future__ import annotations

from pathlib import Path

from powermodel_datasets.errors import MissingValueError, RecordError
from powermodel_datasets.library import Library
from powermodel_datasets.quantities import unit_registry
from powermodel_datasets.record import CONFIDENCE, Record, Value

__all__ = [
    "CONFIDENCE",
    "Library",
    "MissingValueError",
    "Record",
    "RecordError",
    "Value",
    "kinds",
    "load",
    "names",
    "unit_registry",
]

_LIBRARY = Library(Path(__file__).parent / "records")

load = _LIBRARY.load
names = _LIBRARY.names
kinds = _LIBRARY.kinds
