# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a study."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class StudyError(PowermodelError):
    """A study that cannot be read, does not make sense, or asks for what is not there."""

    exit_code = 2


class WorkerError(PowermodelError):
    """A worker that ended, or is not the same software."""

    exit_code = 4
