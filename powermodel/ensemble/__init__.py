# SPDX-License-Identifier: Apache-2.0
"""Studies: many runs of one scenario in one store, and what they say together."""

from powermodel.ensemble.convergence import convergence
from powermodel.ensemble.errors import StudyError, WorkerError
from powermodel.ensemble.exceedance import exceedance
from powermodel.ensemble.reader import open_study
from powermodel.ensemble.reduction import percentiles, tornado, worst
from powermodel.ensemble.run import StudyProgress, run_study
from powermodel.ensemble.sensitivity import sensitivity
from powermodel.ensemble.study import Study, shipped_studies

__all__ = [
    "Study",
    "StudyError",
    "StudyProgress",
    "WorkerError",
    "convergence",
    "exceedance",
    "open_study",
    "percentiles",
    "run_study",
    "sensitivity",
    "shipped_studies",
    "tornado",
    "worst",
]
