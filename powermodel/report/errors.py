# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a picture."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class ReportError(PowermodelError):
    """A picture that cannot be drawn or written."""

    exit_code = 2
