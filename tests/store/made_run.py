# SPDX-License-Identifier: Apache-2.0
"""A made-up run, the same for every process; run as a script, one that writes it and may die."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from powermodel import schema
from powermodel.errors import StoreError
from powermodel.provenance import run_attributes
from powermodel.store import StoreLayout, StoreWriter, files

LAYOUT = StoreLayout(
    dt_ticks=100_000_000,
    n_samples=1_234,
    block_samples=200,
    halls=("north", "south"),
    racks=(3, 5, 8),
    probes=(42,),
    parts=tuple(schema.PARTS),
    nodes=tuple((dim, ("one", "two")) for dim in schema.NODES),
)


def attributes(layout: StoreLayout = LAYOUT, **changes: object) -> dict[str, object]:
    found = run_attributes(
        "site: made up\n",
        "0123abcd",
        seed=7,
        engine="events",
        device="cpu",
        dt_s=layout.dt_ticks / 1e9,
        duration_s=layout.duration_s,
    )
    return found | changes


def series(layout: StoreLayout = LAYOUT, run: int = 0) -> dict[str, np.ndarray]:
    """The whole run: whole multiples of 1/1024 W, as the fleet makes them."""
    rng = np.random.default_rng([run, layout.n_samples])
    quanta = rng.integers(40 << 30, 50 << 30, size=(layout.n_samples, max(1, len(layout.halls))))
    halls = quanta / 1024
    found = {"poi/power": halls.sum(axis=1)}
    if layout.halls:
        found["hall/power"] = halls
    for group, labels in (("rack", layout.racks), ("probe", layout.probes)):
        if labels:
            power = rng.normal(1e5, 1e3, size=(layout.n_samples, len(labels)))
            found[f"{group}/power"] = power.astype(np.float32)
    for spec in layout.sampled():
        if spec.path not in found:
            found[spec.path] = rng.random(spec.shape[1:]).astype(spec.variable.dtype)
    return found


def block_data(layout: StoreLayout, block: int, run: int = 0) -> dict[str, np.ndarray]:
    return {path: values[layout.samples(block)] for path, values in series(layout, run).items()}


def fill(writer: StoreWriter, blocks: list[int] | None = None) -> None:
    for run in range(writer.layout.runs):
        for block in writer.pending(run) if blocks is None else blocks:
            writer.write(block, block_data(writer.layout, block, run), run=run)


def write_run(path: Path, layout: StoreLayout = LAYOUT, **options: object) -> None:
    with StoreWriter.create(path, layout, attributes(layout), **options) as writer:
        fill(writer)
        writer.finish()


def every_file(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def _die_at(count: int, moment: str) -> None:
    """Kill this process at its `count`-th file: before it, in its middle, or after it."""
    whole = files.write_whole
    left = count

    def write_whole(path: Path, parts: Iterable[bytes], *, own: bool = False) -> None:
        nonlocal left
        left -= 1
        last = left == 0
        parts = list(parts) if last else parts
        if last and moment == "half":
            path.parent.mkdir(parents=True, exist_ok=True)
            data = b"".join(parts)
            path.with_name(path.name + files.PARTIAL).write_bytes(data[: len(data) // 2])
        if not last or moment == "after":
            whole(path, parts, own=own)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)

    files.write_whole = write_whole


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--die-at", type=int, default=0)
    parser.add_argument("--moment", default="before")
    parser.add_argument("--file-limit", type=int, default=0)
    parser.add_argument("--without-rights", action="store_true")
    chosen = parser.parse_args()
    if chosen.die_at:
        _die_at(chosen.die_at, chosen.moment)
    if chosen.file_limit:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (chosen.file_limit, chosen.file_limit))
    # Asked for while the interpreter may still read its own files.
    described = attributes()
    if chosen.without_rights and os.geteuid() == 0:
        os.setuid(65534)
    begin = StoreWriter.resume if chosen.resume else StoreWriter.create
    try:
        with begin(chosen.path, LAYOUT, described) as writer:
            fill(writer)
            writer.finish()
    except StoreError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
