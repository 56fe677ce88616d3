# SPDX-License-Identifier: Apache-2.0
"""Properties are tried on the same examples every time, so that a change is judged by itself.

``HYPOTHESIS_PROFILE=explore make test`` draws new examples, to look for what nobody thought of.
What is found is reported as it was drawn, with the line that draws it again: making it smaller
takes longer than a test may.
"""

import os

import pytest
from hypothesis import Phase, settings

from powermodel.device import cuda_problem
from tests.command_line import Cli, caller

settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile(
    "explore", deadline=None, print_blob=True, phases=set(Phase) - {Phase.shrink, Phase.explain}
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))

# Workers of pytest-xdist are told a width of terminal, which commands under test would keep to.
os.environ.pop("COLUMNS", None)


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Call a command in this process: ``cli("show", store).out``."""
    return caller(capsys, monkeypatch)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Without a GPU its tests fail where they were asked for, and are left out elsewhere."""
    if item.get_closest_marker("gpu") is None:
        return
    problem = cuda_problem()
    if problem is None:
        return
    reason = f"no GPU to test on: {problem}"
    if "gpu" in item.config.option.markexpr:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
