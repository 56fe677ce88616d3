# SPDX-License-Identifier: Apache-2.0
"""The C anchor: the arithmetic of ``steps`` in C, compiled when the benchmark runs."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.ctypeslib import ndpointer

from powermodel_kernels import reused

ORDERS = ("lane_by_lane", "lanes_together")
"""As one would write it, and as vectors like it."""
# Contraction would round less often than the engine does.
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")

_INT, _POINTER = ctypes.c_int64, ndpointer(np.float32, flags="C")
_INTS = ndpointer(np.int32, flags="C")


def compiler() -> str | None:
    """Return the C compiler, or None."""
    return shutil.which(os.environ.get("CC", "cc"))


def compiled(folder: Path) -> ctypes.CDLL:
    """Compile the anchor for this machine."""
    command = compiler()
    if command is None:
        raise FileNotFoundError("there is no C compiler: install cc, or name one in CC")
    target = folder / "anchor.so"
    source = Path(__file__).with_name("anchor.c")
    subprocess.run([command, *FLAGS, str(source), "-o", str(target)], check=True)
    library = ctypes.CDLL(str(target))
    for order in ORDERS:
        function = getattr(library, order)
        function.argtypes = [_INT] * 4 + [_POINTER, _INTS, _POINTER, _INTS]
        function.restype = None
    return library


@dataclass
class Anchor:
    """The anchor at one size, on some threads; each call is timed.

    Parameters
    ----------
    library : CDLL
        See `compiled`.
    racks, lanes, samples : int
        Size; lanes are accelerators of a rack.
    stretch : int
        Samples from one event of an accelerator to its next.
    keep : ndarray
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    threads : int
        Each takes a part of the racks.
    """

    library: Any
    racks: int
    lanes: int
    samples: int
    stretch: int
    keep: np.ndarray
    threads: int

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        self.start = (rng.uniform(-1e6, 1e6, (3, self.lanes))).astype(np.float32)
        self.target = rng.integers(200 << 10, 1200 << 10, self.lanes, dtype=np.int32)

    def seconds(self, order: str) -> float:
        """Run once and return the wall-clock time, s.

        In memory that an earlier run has left, as the engine.
        """
        began = time.perf_counter()
        self.power(order)
        return time.perf_counter() - began

    def power(self, order: str) -> np.ndarray:
        """Return the power of every rack, (racks, samples) quanta."""
        out = reused.empty((self.racks, self.samples), np.int32)
        parts = np.array_split(out, self.threads)
        function = getattr(self.library, order)

        def work(part: np.ndarray) -> None:
            function(
                len(part), self.lanes, self.samples, self.stretch, self.start, self.target,
                self.keep, part,
            )  # fmt: skip

        with ThreadPoolExecutor(self.threads) as pool:
            list(pool.map(work, parts))
        return out
