# SPDX-License-Identifier: Apache-2.0
"""A command called in the process of a test, and what it left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import pytest


class Answer(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


Cli: TypeAlias = Callable[..., Answer]
"""Words of a command, which need not be text."""


def caller(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Return what calls commands; their output has no width, as in a pipe."""
    from powermodel.cli import main

    monkeypatch.delenv("COLUMNS", raising=False)

    def call(*words: object) -> Answer:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        captured = capsys.readouterr()
        return Answer(ended.value.code or 0, captured.out, captured.err)

    return call
