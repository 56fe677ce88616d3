# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with an export."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class ExportError(PowermodelError):
    """A series that a format cannot hold, or that lacks what the format needs."""

    exit_code = 2
