# SPDX-License-Identifier: Apache-2.0
"""The bins of eight racks: events go in, rack by rack, and power comes out, all racks at once.

A bin holds what one sample of eight racks gets: of each rack four fields side by side, so that an
event adds them all at once. Most samples see no event at all: blocks of eight samples that none
has touched are neither read nor emptied.
"""

from typing import Any, NamedTuple

import numpy as np

from powermodel_kernels.bind import apart, apart_with_memory
from powermodel_kernels.fleet.noise import add_noise8
from powermodel_kernels.octets import (
    BIN,
    FIELDS,
    WIDTH,
    add8,
    add_fields8,
    alive8,
    float8,
    fma8,
    load_fields8,
    round8,
    slot8,
    spread8,
    still8,
    store8,
    store_each8,
    store_turned8,
)
from powermodel_kernels.tables import I32, U8

_ZERO = np.float32(0.0)


class Bins(NamedTuple):
    """Empty between one scan and the next eight racks."""

    fields: I32
    """int32 (samples + 1, racks, fields), flat, racks in the order of ``slot8``. The last sample is
    for what comes after all."""
    touched: U8
    """Of each block of eight samples whether anything was added there."""


class Additions(NamedTuple):
    """What events of some lanes add, int32 (lanes,) each."""

    sample: I32
    step: I32
    rise: I32
    fall: I32
    over: I32


def empty_bins(samples: Any) -> Any:
    """Return bins for so many samples."""
    return Bins(np.zeros((samples + 1) * BIN, np.int32), np.zeros(samples // WIDTH + 1, np.uint8))


def begin_rack(bins: Any, rack: Any, power: Any) -> None:
    """Add the power of a rack, quanta, from the first sample on.

    Parameters
    ----------
    rack
        Which of the eight.
    """
    bins.fields[FIELDS * slot8(rack)] += power
    bins.touched[0] = 1


def touch(bins: Any, first: Any, last: Any) -> None:
    """Say that something is added between two samples."""
    for block in range(first // WIDTH, last // WIDTH + 1):
        bins.touched[block] = 1


@apart
def scatter(added: Any, n: Any, per_rack: Any, together: Any, bins: Any, rack: Any) -> None:
    """Add an event of each of n lanes to the bins of their racks.

    Parameters
    ----------
    per_rack
        Lanes of a rack; the last rack may hold fewer.
    together
        Whether one sample sees them all first.
    rack
        Which of the eight the first of these is.
    """
    sample, step, rise, fall, over = added
    fields = bins.fields
    for a in range(0, n, per_rack):
        stop, slot = min(a + per_rack, n), FIELDS * slot8(rack)
        if together:
            at = np.int64(sample[a]) * BIN + slot
            fields[at] += total(step[a:stop])
            fields[at + 1] += total(rise[a:stop])
            fields[at + 2] += total(fall[a:stop])
            fields[at + 3] += total(over[a:stop])
        else:
            whole = a + (stop - a) // WIDTH * WIDTH
            for i in range(a, whole, WIDTH):
                add_fields8(fields, sample, slot, step, rise, fall, over, i)
            for i in range(whole, stop):
                at = np.int64(sample[i]) * BIN + slot
                fields[at] += step[i]
                fields[at + 1] += rise[i]
                fields[at + 2] += fall[i]
                fields[at + 3] += over[i]
        rack += 1


def total(numbers: Any) -> Any:
    """Return the sum of some int32, which an int32 holds."""
    found = np.int32(0)
    for i in range(numbers.size):
        found = np.int32(found + numbers[i])
    return found


def hold(bins: Any, begin: Any, now: Any, out: Any) -> Any:
    """Go on with the power of eight racks up to where something is added, and return that sample.

    Parameters
    ----------
    begin
        First sample of a block of eight to which nothing is added.
    """
    block, whole = begin // WIDTH, out.shape[1] // WIDTH
    while block < whole and bins.touched[block] == 0:
        store_each8(out, block * WIDTH, now)
        block += 1
    return block * WIDTH


@apart_with_memory
def scan_racks(bins: Any, decays: Any, noise: Any, path: Any, out: Any) -> None:
    """Turn the bins of eight racks into power, and empty them.

    Parameters
    ----------
    decays
        What a rise, a fall and an overshoot keep over one sample, float32 (3,).
    noise, path
        Their fluctuation, see ``fleet.noise.paths_of_eight``; not looked at where there is none.
    out
        Rack power, int32 (8, samples), quanta.
    """
    keep_rise, keep_fall, keep_over = spread8(decays[0]), spread8(decays[1]), spread8(decays[2])
    level = np.empty(WIDTH * WIDTH, np.int32)
    nothing, none = spread8(np.int32(0)), spread8(_ZERO)
    now, rise, fall, over = nothing, none, none, none
    begin, samples = 0, out.shape[1]
    while begin < samples:
        n = min(WIDTH, samples - begin)
        rise, fall, over = alive8(rise), alive8(fall), alive8(over)
        if bins.touched[begin // WIDTH]:
            for j in range(n):
                at = (begin + j) * BIN
                step, new_rise, new_fall, new_over = load_fields8(bins.fields, at)
                now = add8(now, step)
                rise = fma8(rise, keep_rise, float8(new_rise))
                fall = fma8(fall, keep_fall, float8(new_fall))
                over = fma8(over, keep_over, float8(new_over))
                store8(level, j * WIDTH, add8(now, round8(add8(add8(rise, fall), over))))
                for field in range(0, BIN, WIDTH):
                    store8(bins.fields, at + field, nothing)
            bins.touched[begin // WIDTH] = 0
        elif noise.knot_ticks == 0 and n == WIDTH and still8(rise, fall, over):
            begin = hold(bins, begin, now, out)
            continue
        elif still8(rise, fall, none):
            # Overshoots live much longer than edges.
            for j in range(n):
                over = fma8(over, keep_over, none)
                store8(level, j * WIDTH, add8(now, round8(over)))
        else:
            for j in range(n):
                rise = fma8(rise, keep_rise, none)
                fall = fma8(fall, keep_fall, none)
                over = fma8(over, keep_over, none)
                store8(level, j * WIDTH, add8(now, round8(add8(add8(rise, fall), over))))
        if noise.knot_ticks != 0:
            add_noise8(noise, path, begin, n, level)
        if n == WIDTH:
            store_turned8(out, begin, level, 0)
        else:
            for j in range(n):
                for r in range(WIDTH):
                    out[r, begin + j] = level[j * WIDTH + r]
        begin += n
    at = out.shape[1] * BIN
    for field in range(0, BIN, WIDTH):
        store8(bins.fields, at + field, nothing)
    bins.touched[out.shape[1] // WIDTH] = 0
