# SPDX-License-Identifier: Apache-2.0
"""Files that planners' tools read, one small module per family of formats, behind one registry."""

from powermodel.exporters.basis import Basis
from powermodel.exporters.errors import ExportError
from powermodel.exporters.export import CHECKS, Exported, export
from powermodel.exporters.exporter import Check, Exporter
from powermodel.exporters.horizon import series_of_horizon
from powermodel.exporters.measured import series_of_columns
from powermodel.exporters.registry import exporters
from powermodel.exporters.series import PlannerSeries, series_of_run

__all__ = [
    "CHECKS",
    "Basis",
    "Check",
    "ExportError",
    "Exported",
    "Exporter",
    "PlannerSeries",
    "export",
    "exporters",
    "series_of_columns",
    "series_of_horizon",
    "series_of_run",
]
