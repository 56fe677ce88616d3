# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a command line beyond its grammar."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class CommandError(PowermodelError):
    """Arguments that do not go together, or a file that cannot be made."""

    exit_code = 2
