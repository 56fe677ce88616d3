# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a grid response."""

from __future__ import annotations

from powermodel.errors import PowermodelError


class ResponseError(PowermodelError):
    """A response that cannot be computed: the case, the bus, the series, or ANDES itself."""

    exit_code = 2
