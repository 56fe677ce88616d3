# SPDX-License-Identifier: Apache-2.0
"""What pages are made of that others make."""

from tests.ensemble.conftest import small_store

__all__ = ["small_store"]
