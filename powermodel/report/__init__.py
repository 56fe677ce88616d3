# SPDX-License-Identifier: Apache-2.0
"""What a reader sees of a run: pictures of what the grid gets."""

from powermodel.report.errors import ReportError
from powermodel.report.plot import plot_run

__all__ = ["ReportError", "plot_run"]
