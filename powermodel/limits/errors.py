# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a limit."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class LimitError(PowermodelError):
    """A limit that cannot be read, or that a record cannot be held to."""

    exit_code = 2
