# SPDX-License-Identifier: Apache-2.0
"""Markers of the tests that hold this model against others."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "andes: runs ANDES itself, by the interpreter named in POWERMODEL_ANDES_PYTHON"
    )
