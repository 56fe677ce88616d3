# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a hand-off."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class HandoffError(PowermodelError):
    """A folder that cannot be written, or must not be."""

    exit_code = 2
