# SPDX-License-Identifier: Apache-2.0
"""Writing one block of 10 s, and what its compression alone costs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from numcodecs import Blosc

from benchmarks.measure import Bar, Bench, Work
from benchmarks.workload import NOISE, RACKS, Workload, gb200_rack
from powermodel.provenance import run_attributes
from powermodel.store import StoreLayout, StoreWriter
from powermodel.store.arrays import ArraySpec
from powermodel.store.encode import compressors, same_bytes_again
from powermodel_kernels.constants import QUANTA_PER_W

_GROUP = "store: one block of 10 s at 1 ms, "
_BLOCKS, _ROUNDS = 30, 7
_CODEC = "compression of site, halls and racks alone"
_SHUFFLES = {"noshuffle": Blosc.NOSHUFFLE, "shuffle": Blosc.SHUFFLE, "bitshuffle": Blosc.BITSHUFFLE}


def rack_series(bench: Bench) -> np.ndarray:
    """Return simulated power with noise, float32 W (time, rack)."""
    racks = 3 if bench.small else RACKS
    load = Workload(racks * gb200_rack().accelerators, noise=NOISE)
    quanta = load.rack_power("events", 1)
    return np.ascontiguousarray(quanta.T, dtype=np.float32) / np.float32(QUANTA_PER_W)


def layout_of(rack_w: np.ndarray) -> StoreLayout:
    """Return a run of many blocks, each of which is written into files of its own."""
    samples, racks = rack_w.shape
    return StoreLayout(
        dt_ticks=1_000_000,
        n_samples=_BLOCKS * samples,
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
        simulated_s=len(rack_w) / 1e3,
        bytes=sum(values.nbytes for values in block.values()),
        bars=(Bar("share_of_codec", at_least=0.6),) if "racks" in kept else (),
    )
    codec_s, write_s = [], []
    with StoreWriter.create(tmp_path / "run.zarr", layout, attributes) as writer:
        numbers = iter(range(_BLOCKS))
        alone = compressing(layout, block)

        def both() -> None:
            # In turn, so that what else the machine does falls on both.
            codec_s.append(_seconds(alone))

        def write() -> None:
            write_s.append(_seconds(lambda: writer.write(next(numbers), block)))

        bench.time(work, write, rounds=_ROUNDS, setup=both)
        written = _BLOCKS - len(writer.pending())
    share = median(one / other for one, other in zip(codec_s, write_s, strict=False))
    size = sum(file.stat().st_size for file in (tmp_path / "run.zarr").rglob("*") if file.is_file())
    bench.note(bytes_on_disk=size // written, share_of_codec=share)


def _seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def compressing(layout: StoreLayout, block: dict[str, np.ndarray]) -> Callable[[], int]:
    """Return what compresses a block, chunk by chunk, on one core, and keeps nothing."""
    pieces = [piece for spec in layout.sampled() for piece in _chunks(spec, block[spec.path])]

    def compress() -> int:
        with same_bytes_again():
            return sum(len(codec.encode(chunk)) for codec, chunk in pieces)

    return compress


def test_codec_alone(bench: Bench) -> None:
    rack_w = rack_series(bench)
    layout = layout_of(rack_w)
    half = rack_w.shape[1] // 2
    halls = [part.sum(axis=1, dtype=np.float64) for part in (rack_w[:, :half], rack_w[:, half:])]
    data = {"poi/power": sum(halls), "hall/power": np.stack(halls, axis=1), "rack/power": rack_w}
    work = Work(
        group=f"{_GROUP}{rack_w.shape[1]:,} racks",
        row=_CODEC,
        simulated_s=len(rack_w) / 1e3,
        bytes=sum(values.nbytes for values in data.values()),
    )
    size = bench.time(work, compressing(layout, data), rounds=_ROUNDS)
    bench.note(bytes_on_disk=size, bytes_per_sample=size / sum(v.size for v in data.values()))


def _chunks(spec: ArraySpec, values: np.ndarray) -> list[tuple[Blosc, np.ndarray]]:
    """Return the chunks of an array, each with what compresses it."""
    # As the metadata say it: the attributes of the codec change from release to release of Zarr.
    packing = compressors(spec.codec)[0].to_dict()["configuration"]
    codec = Blosc(packing["cname"], packing["clevel"], _SHUFFLES[packing["shuffle"]])
    steps = spec.chunks[1]
    wide = values.reshape(len(values), -1)
    nodes = spec.chunks[2] if len(spec.chunks) > 2 else 1
    return [
        (codec, np.ascontiguousarray(wide[k : k + steps, n : n + nodes]))
        for k in range(0, wide.shape[0], steps)
        for n in range(0, wide.shape[1], nodes)
    ]
