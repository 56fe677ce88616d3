# SPDX-License-Identifier: Apache-2.0
"""The shape of a store: which arrays there are, and how they are cut."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from powermodel import schema
from powermodel.errors import StoreError
from powermodel.store.arrays import ArraySpec, Level
from powermodel_kernels.constants import TICKS_PER_S

# A chunk is what a reader must decode to see one value: a millisecond of work.
_CHUNK_BYTES = 2**20
_CHUNK_NODES = 256
# A shard is a file, and files are what is encoded in parallel.
_SHARD_BYTES = 32 * 2**20
# A level too coarse for one block waits until this many cells are whole, to keep files few.
_SPAN_CELLS = 60


@dataclass(frozen=True, slots=True)
class StoreLayout:
    """What a run's store holds and how it is cut along time.

    Parameters
    ----------
    dt_ticks : int
        Time step in ticks of 1 ns.
    n_samples : int
        Samples of the run; sample i stands at i * dt.
    block_samples : int
        Samples of a block; the last block may be short.
    runs : int
        Runs of an ensemble.
    halls : tuple of str
        Names of the halls; empty for none.
    racks, probes : tuple of int
        Numbers of the racks and accelerators that are kept; empty for none.
    parts : tuple of str
        Groups of `schema.PARTS` and `schema.ACCOUNTS` that the run holds.
    nodes : tuple of (str, tuple of str)
        Names along each dimension of `schema.NODES` that the run has.
    """

    dt_ticks: int
    n_samples: int
    block_samples: int
    runs: int = 1
    halls: tuple[str, ...] = ()
    racks: tuple[int, ...] = ()
    probes: tuple[int, ...] = ()
    parts: tuple[str, ...] = ()
    nodes: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __post_init__(self) -> None:
        for name in ("dt_ticks", "n_samples", "block_samples", "runs"):
            value = int(getattr(self, name))
            if value < 1:
                raise StoreError(f"expected at least 1, got {value}", where=f"layout.{name}")
            object.__setattr__(self, name, value)
        object.__setattr__(self, "block_samples", min(self.block_samples, self.n_samples))
        for name in ("halls", "parts"):
            object.__setattr__(self, name, tuple(str(label) for label in getattr(self, name)))
        for name in ("racks", "probes"):
            object.__setattr__(self, name, tuple(int(i) for i in getattr(self, name)))
        named = tuple((str(dim), tuple(str(one) for one in names)) for dim, names in self.nodes)
        object.__setattr__(self, "nodes", named)
        for name in ("halls", "racks", "probes", "parts"):
            labels = getattr(self, name)
            if len(set(labels)) != len(labels):
                raise StoreError("expected every label once", where=f"layout.{name}")
        whole = self.block_samples % self.account_samples == 0 or self.n_blocks == 1
        if not whole and set(self.parts) & set(schema.ACCOUNTS):
            raise StoreError(
                f"expected blocks of whole {schema.ACCOUNT_EVERY_S} s, at whose ends accounts are "
                f"kept, got {self.block_samples} samples of {self.dt_ticks / 1e6:g} ms",
                where="layout.block_samples",
            )
        unknown = sorted(set(self.parts) - set(schema.PARTS) - set(schema.ACCOUNTS))
        if unknown:
            known = ", ".join((*schema.PARTS, *schema.ACCOUNTS))
            raise StoreError(
                f"there is no part {unknown[0]!r}; there are {known}", where="layout.parts"
            )

    @property
    def n_blocks(self) -> int:
        """Blocks of a run."""
        return -(-self.n_samples // self.block_samples)

    @property
    def duration_s(self) -> float:
        """Length of the run, in s."""
        return self.n_samples * self.dt_ticks / 1e9

    def samples(self, block: int, blocks: int = 1) -> slice:
        """Return the samples of a block, or of several from this one on."""
        start = block * self.block_samples
        return slice(start, min(start + blocks * self.block_samples, self.n_samples))

    def span_s(self, block: int) -> tuple[float, float]:
        """Return start and end of a block, in s."""
        part = self.samples(block)
        return part.start * self.dt_ticks / 1e9, part.stop * self.dt_ticks / 1e9

    def differences(self, other: StoreLayout) -> list[str]:
        """Name the fields in which a stored layout differs from the wanted `other`, in words."""
        pairs = ((f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return [
            f"{name} is {_brief(mine)} in the store, {_brief(theirs)} in this run"
            for name, mine, theirs in pairs
            if mine != theirs
        ]

    def labels(self) -> dict[str, tuple[Any, ...]]:
        """Return the labels of each node dimension that is kept."""
        found: dict[str, tuple[Any, ...]] = {
            "hall": self.halls,
            "rack": self.racks,
            "accelerator": self.probes,
            **dict(self.nodes),
        }
        return {dim: labels for dim, labels in found.items() if labels}

    def holds(self, variable: schema.Variable) -> bool:
        """Whether the run keeps a variable at every time step."""
        labels = self.labels()
        known = variable.group not in schema.PARTS or variable.group in self.parts
        return known and all(dim in labels for dim in variable.dims[2:])

    def levels(self) -> list[Level]:
        """Return the overview levels, finest first: coarser than dt and a multiple of it."""
        found: list[Level] = []
        for name, cell_ticks in schema.OVERVIEW_LEVELS:
            cell, rest = divmod(cell_ticks, self.dt_ticks)
            if rest or cell <= 1:
                continue
            source = found[-1] if found else None
            n_cells = -(-self.n_samples // cell)
            found.append(Level(name, cell, n_cells, self._span_blocks(cell, source), source))
        return found

    def _span_blocks(self, cell: int, source: Level | None) -> int:
        if self.block_samples % cell == 0:
            return 1
        # Whole cells, whole blocks and whole spans of the source, so that one reads the other.
        unit = math.lcm(cell, self.block_samples)
        if source is not None:
            unit = math.lcm(unit, source.span_blocks * self.block_samples)
        return -(-_SPAN_CELLS * cell // unit) * unit // self.block_samples

    def sampled(self) -> list[ArraySpec]:
        """Return the arrays that hold every time step."""
        return [self._sampled(variable) for variable in schema.SAMPLES if self.holds(variable)]

    def _sampled(self, variable: schema.Variable) -> ArraySpec:
        nodes = [len(self.labels()[dim]) for dim in variable.dims[2:]]
        per_chunk = [_even_part(count, _CHUNK_NODES) for count in nodes]
        item = 8 if variable.dtype == "float64" else 4
        limit = max(1, _CHUNK_BYTES // (item * math.prod(per_chunk)))
        steps = _divisor(self.block_samples, limit)
        column = self.block_samples * item
        per_shard = [
            part * min(max(1, _SHARD_BYTES // (part * column)), -(-count // part))
            for part, count in zip(per_chunk, nodes, strict=True)
        ]
        chunks = (1, steps, *per_chunk)
        shards = (1, self.block_samples, *per_shard)
        return ArraySpec(
            variable,
            shape=(self.runs, self.n_samples, *nodes),
            chunks=chunks,
            shards=None if shards == chunks else shards,
            codec="double" if variable.dtype == "float64" else "single",
        )

    @property
    def account_samples(self) -> int:
        """Samples between two instants of an account."""
        return max(1, schema.ACCOUNT_EVERY_S * TICKS_PER_S // self.dt_ticks)

    def accounts(self, blocks: slice) -> slice:
        """Return the instants of an account that some samples, a block's or more, end."""
        return slice(
            -(-blocks.start // self.account_samples), -(-blocks.stop // self.account_samples)
        )

    def accounted(self) -> list[ArraySpec]:
        """Return the arrays that hold what devices have done so far, every few seconds."""
        shape = (self.runs, self.accounts(slice(0, self.n_samples)).stop)
        chunk = (1, self.accounts(slice(0, self.block_samples)).stop)
        return [
            ArraySpec(variable, shape=shape, chunks=chunk, shards=None, codec="double")
            for group, variables in schema.ACCOUNTS.items()
            if group in self.parts
            for variable in variables
        ]

    def overview(self, level: Level) -> list[ArraySpec]:
        """Return the arrays of one overview level."""
        labels = self.labels()
        found = []
        for source in schema.REDUCED:
            if not self.holds(source):
                continue
            nodes = [len(labels[dim]) for dim in source.dims[2:]]
            cells = min(-(-level.span_blocks * self.block_samples // level.cell), level.n_cells)
            found += [
                ArraySpec(
                    schema.overview_variable(level.name, source, statistic),
                    shape=(self.runs, level.n_cells, *nodes),
                    chunks=(1, cells, *nodes),
                    shards=None,
                    codec="double",
                    blocks_per_file=level.span_blocks,
                )
                for statistic in schema.STATISTICS
            ]
        return found

    def arrays(self) -> list[ArraySpec]:
        """Return every array, in the order of the columns of `/progress`."""
        return [
            *self.sampled(),
            *self.accounted(),
            *(spec for level in self.levels() for spec in self.overview(level)),
        ]

    def coordinates(self) -> Iterator[tuple[str, str]]:
        """Yield group and name of every coordinate."""
        # Variables of one group share their dimensions.
        specs = (*self.sampled(), *self.accounted())
        groups = {spec.variable.group: spec.variable.dims for spec in specs}
        for group, of_group in groups.items():
            for dim in of_group:
                yield group, dim
        for level in self.levels():
            dims = ("run", "time", "hall") if self.halls else ("run", "time")
            for dim in dims:
                yield level.group, dim


def _even_part(count: int, limit: int) -> int:
    """Size of the parts when `count` is cut into as few, as even parts of at most `limit`."""
    return -(-count // -(-count // limit))


@lru_cache(maxsize=256)
def _divisor(count: int, limit: int) -> int:
    """Largest divisor of `count` up to `limit`; `count` itself where that would be a crumb."""
    best = max(part for part in range(1, min(count, limit) + 1) if count % part == 0)
    return best if best * 16 >= min(count, limit) else count


def _brief(value: Any) -> str:
    if isinstance(value, tuple) and len(value) > 4:
        return f"{len(value)} labels from {value[0]!r} to {value[-1]!r}"
    return repr(value)
