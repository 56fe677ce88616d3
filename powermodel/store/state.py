# SPDX-License-Identifier: Apache-2.0
"""What the stages of a run remember at the end of a block, so that a killed run can go on.

Only the newest state is kept, and none once the run is complete: a state is megabytes, and what
follows an older block can be had again by computing from the start.
"""

from __future__ import annotations

import io
import logging
import zipfile
import zlib
from collections.abc import Mapping

import numpy as np

from powermodel.store.files import Files

State = Mapping[str, np.ndarray]

_log = logging.getLogger(__name__)
_SUFFIX = ".npz"


class States:
    """The saved states of one run.

    Parameters
    ----------
    files : Files
        Of the store.
    run : int
        The run.
    """

    def __init__(self, files: Files, run: int) -> None:
        self._files = files
        self._folder = f"progress/state/{run}/"

    def save(self, block: int, state: State) -> None:
        """Keep the state at the end of a block."""
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **state)
        self._files.write(self._key(block), content.getvalue())

    def before(self, block: int) -> tuple[int, dict[str, np.ndarray] | None]:
        """Return the newest usable state at or before the start of a block.

        Returns
        -------
        tuple of int and dict
            The block that follows the state; 0 and None where only the start of the run is left.
        """
        for saved in sorted(self._blocks(), reverse=True):
            if saved >= block:
                continue
            try:
                content = io.BytesIO(self._files.read(self._key(saved)))
                with np.load(content, allow_pickle=False) as arrays:
                    return saved + 1, {name: arrays[name] for name in arrays.files}
            except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
                _log.warning("the state at the end of block %d is damaged and not used", saved)
        return 0, None

    def keep_only(self, block: int | None) -> None:
        """Remove every state but that of one block, or all."""
        self._files.remove(self._key(saved) for saved in self._blocks() if saved != block)
        if block is None:
            self._files.remove_tree(self._folder)

    def _key(self, block: int) -> str:
        return f"{self._folder}{block}{_SUFFIX}"

    def _blocks(self) -> list[int]:
        names = (key[len(self._folder) :] for key in self._files.keys(self._folder))
        stems = (name[: -len(_SUFFIX)] for name in names if name.endswith(_SUFFIX))
        return [int(stem) for stem in stems if stem.isdecimal()]
