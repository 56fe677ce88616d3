# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a search for a size."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class SizingError(PowermodelError):
    """A question of size that makes no sense as it was asked."""

    exit_code = 2


class UnreachableError(PowermodelError):
    """A goal that no setting of the search meets."""

    exit_code = 5
