# SPDX-License-Identifier: Apache-2.0
"""Counter-based random numbers: a number is addressed, not drawn.

Source: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as
1, 2, 3", SC '11, DOI 10.1145/2063384.2063405, section 3.3 (Philox-4x32-10).

Addresses in this package: the key is the 64-bit seed; the counter is (accelerator or other
entity, iteration or other index, purpose and job and block of phases, run).
"""

from typing import Any

import numpy as np

# Multipliers and Weyl increments of the paper's Philox-4x32.
_M0 = np.uint64(0xD2511F53)
_M1 = np.uint64(0xCD9E8D57)
_W0 = np.uint64(0x9E3779B9)
_W1 = np.uint64(0xBB67AE85)
_LOW = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)


def philox4x32(c0: Any, c1: Any, c2: Any, c3: Any, k0: Any, k1: Any) -> Any:
    """Return the four 32-bit words of Philox-4x32-10 at a counter.

    Parameters
    ----------
    c0, c1, c2, c3
        The counter: uint64 values below 2**32.
    k0, k1
        The key: uint64 values below 2**32.

    Returns
    -------
    tuple of four uint64 below 2**32
    """
    # Every word stays in 64 bits and is masked: one multiplication then gives both halves, and
    # the interpreter, the CPU and the GPU agree without a cast that could warn or widen.
    for _ in range(10):
        p0 = _M0 * c0
        p1 = _M1 * c2
        c0 = (p1 >> _HALF) ^ c1 ^ k0
        c1 = p1 & _LOW
        c2 = (p0 >> _HALF) ^ c3 ^ k1
        c3 = p0 & _LOW
        k0 = (k0 + _W0) & _LOW
        k1 = (k1 + _W1) & _LOW
    return c0, c1, c2, c3


def address_word(purpose: Any, job: Any, block: Any) -> Any:
    """Return the third counter word: purpose (8 bits), job (8 bits), block of phases (16 bits)."""
    return (
        (np.uint64(purpose) << np.uint64(24)) | (np.uint64(job) << np.uint64(16)) | np.uint64(block)
    )
