# SPDX-License-Identifier: Apache-2.0
"""What is encoded here is read by Zarr, at odd sizes too, and damage to it is noticed."""

from __future__ import annotations

import threading
import zlib

import numpy as np
import pytest
import zarr
from numcodecs import blosc
from zarr.storage import LocalStore

from powermodel.store.encode import Encoding, Summed, compressors, crc32c, same_bytes_again


@pytest.mark.parametrize("codec", ["double", "single", "plain"])
@pytest.mark.parametrize(
    ("shape", "chunk", "shard"),
    [((7, 5), (7, 5), None), ((7, 5), (10, 8), None), ((6, 11), (2, 3), (6, 12)),
     ((5, 4), (2, 3), (6, 12)), ((9,), (4,), (12,))],
)  # fmt: skip
def test_zarr_reads_what_is_encoded(tmp_path, codec, shape, chunk, shard):
    dtype = "float32" if codec == "single" else "float64"
    values = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    array = zarr.create_array(
        LocalStore(tmp_path), shape=shape, dtype=dtype, chunks=chunk, shards=shard,
        compressors=compressors(codec), fill_value=np.nan,
    )  # fmt: skip
    file = tmp_path.joinpath("c", *("0" for _ in shape))
    file.parent.mkdir(parents=True, exist_ok=True)
    with same_bytes_again():
        data = b"".join(Encoding(chunk, shard, codec, np.nan).file(values))
    file.write_bytes(data)
    np.testing.assert_array_equal(array[:], values)
    middle = len(data) // 3
    file.write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    with pytest.raises((ValueError, RuntimeError)):
        array[:]


def test_the_checksum_is_that_of_the_published_example():
    # RFC 3720, B.4: 32 bytes of zeros, and 32 ascending ones.
    assert crc32c(bytes(32)) == 0x8A9136AA
    assert crc32c(bytes(range(32))) == 0x46DD794E
    parts = Summed([bytes(range(10)), bytes(range(10, 32))])
    assert b"".join(parts) == bytes(range(32))
    assert parts.sum == 0x46DD794E != zlib.crc32(bytes(range(32)))


def test_blosc_is_told_back_what_it_was_told_once_all_threads_are_done(monkeypatch):
    monkeypatch.setattr(blosc, "use_threads", True)
    inside, leave = threading.Event(), threading.Event()

    def other():
        with same_bytes_again():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with same_bytes_again():
        thread.start()
        assert inside.wait(10)
    assert blosc.use_threads is False
    leave.set()
    thread.join()
    assert blosc.use_threads is True
