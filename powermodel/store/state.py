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
from pathlib import Path

import numpy as np

from powermodel.store.files import write_whole

State = Mapping[str, np.ndarray]

_log = logging.getLogger(__name__)


class States:
    """The saved states of one run.

    Parameters
    ----------
    root : Path
        The store's folder.
    run : int
        The run.
    """

    def __init__(self, root: Path, run: int) -> None:
        self._folder = root / "progress" / "state" / str(run)

    def save(self, block: int, state: State) -> None:
        """Keep the state at the end of a block."""
        content = io.BytesIO()
        np.savez_compressed(content, allow_pickle=False, **state)
        write_whole(self._folder / f"{block}.npz", content.getvalue())

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
                with np.load(self._folder / f"{saved}.npz", allow_pickle=False) as arrays:
                    return saved + 1, {name: arrays[name] for name in arrays.files}
            except (OSError, EOFError, ValueError, zipfile.BadZipFile, zlib.error):
                _log.warning("the state at the end of block %d is damaged and not used", saved)
        return 0, None

    def keep_only(self, block: int | None) -> None:
        """Remove every state but that of one block, or all."""
        for saved in self._blocks():
            if saved != block:
                (self._folder / f"{saved}.npz").unlink(missing_ok=True)
        if block is None and self._folder.is_dir():
            self._folder.rmdir()
            if not any(self._folder.parent.iterdir()):
                self._folder.parent.rmdir()

    def _blocks(self) -> list[int]:
        if not self._folder.is_dir():
            return []
        return [int(path.stem) for path in self._folder.glob("*.npz") if path.stem.isdecimal()]
