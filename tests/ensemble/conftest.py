# SPDX-License-Identifier: Apache-2.0
"""The small study, run once."""

from __future__ import annotations

from pathlib import Path

import pytest

from powermodel.ensemble import run_study
from tests.ensemble.small_study import small_study


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the store of the small study; nobody writes to it."""
    path = tmp_path_factory.mktemp("study") / "small.zarr"
    run_study(small_study(), path, workers=1)
    return path
