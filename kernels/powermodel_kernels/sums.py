# SPDX-License-Identifier: Apache-2.0
"""Sums that several threads add to: one addition here, an atomic one on a GPU.

What is added are integers, so the order of the additions does not matter.
"""

from typing import Any


def add_at(array: Any, row: Any, column: Any, value: Any) -> None:
    """Add to one place of an array. The compiler of a GPU puts an atomic addition here."""
    array[row, column] += value
