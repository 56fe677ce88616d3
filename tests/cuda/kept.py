# SPDX-License-Identifier: Apache-2.0
"""What compilers made for these tests, kept on disk for the next run and for other workers.

It lies beside the compiled kernels, keyed by all that went in: sources, types, architecture and the
versions of the tools.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from powermodel_kernels.compiled import cache_directory
from powermodel_kernels.cuda import compiler
from powermodel_kernels.cuda.code import code_key
from powermodel_kernels.cuda.kept import kept as kept_in


def kept(kind: str, key: str, make: Callable[[Path], None]) -> Path:
    """Return the file that ``make`` writes for a key, see `powermodel_kernels.cuda.kept`."""
    return kept_in(_folder(), kind, key, make)


def kept_text(kind: str, key: str, make: Callable[[], str]) -> str:
    """Return the text that ``make`` returns for a key, made now or earlier."""

    def write(file: Path) -> None:
        file.write_text(make(), encoding="utf-8")

    return kept(kind, key, write).read_text(encoding="utf-8")


def kept_ptx(
    function: Callable[..., None], signature: Any, compute_capability: tuple[int, int]
) -> str:
    """Return what ``compiler.ptx`` returns."""
    key = code_key(function, signature, compute_capability)
    return kept_text("ptx", key, lambda: compiler.ptx(function, signature, compute_capability))


@cache
def _folder() -> Path:
    place = cache_directory()
    folder = Path(tempfile.mkdtemp()) if place is None else place.parent / "proof"
    folder.mkdir(exist_ok=True)
    return folder
