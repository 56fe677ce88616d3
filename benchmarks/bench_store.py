# SPDX-License-Identifier: Apache-2.0
"""Writing one block of 10 s, and what its compression alone costs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numcodecs import Blosc

from benchmarks.measure import Bench, Work
from benchmarks.workload import NOISE, RACKS, Workload, gb200_rack
from powermodel.provenance import run_attributes
from powermodel.store import StoreLayout, StoreWriter
from powermodel.store.tree import compressors, same_bytes_again
from powermodel_kernels.constants import QUANTA_PER_W

_GROUP = "store: one block of 10 s at 1 ms, "
_SHUFFLES = {"noshuffle": Blosc.NOSHUFFLE, "shuffle": Blosc.SHUFFLE, "bitshuffle": Blosc.BITSHUFFLE}


def rack_series(bench: Bench) -> np.ndarray:
    """Return simulated power with noise, float32 W (time, rack)."""
    racks = 3 if bench.small else RACKS
    load = Workload(racks * gb200_rack().accelerators, noise=NOISE)
    quanta = load.rack_power("events", 1)
    return np.ascontiguousarray(quanta.T, dtype=np.float32) / np.float32(QUANTA_PER_W)


def layout_of(rack_w: np.ndarray) -> StoreLayout:
    samples, racks = rack_w.shape
    return StoreLayout(
        dt_ticks=1_000_000,
        n_samples=samples,
        block_samples=samples,
        halls=("north", "south"),
        racks=tuple(range(racks)),
    )


@pytest.mark.parametrize("kept", ["site and halls", "site, halls and racks"])
def test_write(bench: Bench, tmp_path: Path, kept: str) -> None:
    rack_w = rack_series(bench)
    half = rack_w.shape[1] // 2
    halls = [part.sum(axis=1, dtype=np.float64) for part in (rack_w[:, :half], rack_w[:, half:])]
    block = {"poi/power": sum(halls), "hall/power": np.stack(halls, axis=1), "rack/power": rack_w}
    layout = layout_of(rack_w)
    if "racks" not in kept:
        del block["rack/power"]
        layout = replace(layout, racks=())
    attributes = run_attributes(
        "name: benchmark\n", "0", seed=7, engine="events", device="cpu", dt_s=1e-3, duration_s=10.0
    )
    work = Work(
        group=f"{_GROUP}{rack_w.shape[1]:,} racks",
        row=f"write {kept}",
        simulated_s=layout.duration_s,
        bytes=sum(values.nbytes for values in block.values()),
    )
    with StoreWriter.create(tmp_path / "run.zarr", layout, attributes) as writer:
        bench.time(work, lambda: writer.write(0, block), rounds=5)
        assert not writer.pending()
    size = sum(file.stat().st_size for file in (tmp_path / "run.zarr").rglob("*") if file.is_file())
    bench.note(bytes_on_disk=size)


def test_codec_alone(bench: Bench) -> None:
    rack_w = rack_series(bench)
    layout = layout_of(rack_w)
    spec = next(spec for spec in layout.sampled() if spec.path == "rack/power")
    blosc = compressors(spec.codec)[0]
    codec = Blosc(blosc.cname.value, blosc.clevel, _SHUFFLES[blosc.shuffle.value])
    _, steps, nodes = spec.chunks
    chunks = [
        np.ascontiguousarray(rack_w[k : k + steps, n : n + nodes])
        for k in range(0, rack_w.shape[0], steps)
        for n in range(0, rack_w.shape[1], nodes)
    ]
    work = Work(
        group=f"{_GROUP}{rack_w.shape[1]:,} racks",
        row="compression of the racks alone",
        simulated_s=layout.duration_s,
        bytes=rack_w.nbytes,
    )

    def compress() -> int:
        with same_bytes_again():
            return sum(len(codec.encode(chunk)) for chunk in chunks)

    bench.note(bytes_on_disk=bench.time(work, compress, rounds=5))
