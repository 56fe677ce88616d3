# SPDX-License-Identifier: Apache-2.0
"""What a job takes of a GPU: threads of a block, racks of a launch, memory."""

from powermodel_kernels.constants import BARRIER_GROUP, BARRIER_JOB
from powermodel_kernels.cuda.fleet import MAX_RACK, THREADS
from powermodel_kernels.cuda.schedule import AT_ONCE
from powermodel_kernels.cuda.smoother import bytes_of_lanes, bytes_of_rack
from powermodel_kernels.fleet.job import NoiseLevel
from powermodel_kernels.tables import Fleet, Programs

_WARP = 32
_BATCH_BYTES = 2**30
"""What the racks that one launch computes take of the device at most."""


def threads_of(lanes_per_rack: int) -> int:
    """Return the threads of a block: a thread an accelerator, in whole warps.

    Raises
    ------
    ValueError
        If a rack holds more accelerators than a block holds threads.
    """
    if lanes_per_rack > MAX_RACK:
        raise ValueError(
            f"a rack of {lanes_per_rack} accelerators: a GPU computes racks of at most {MAX_RACK}"
        )
    return max(THREADS, -(-lanes_per_rack // _WARP) * _WARP)


def racks_at_once(samples: int, knots: int, smoothing: int = 0) -> int:
    """Return how many racks one launch computes, of all runs, for tiles of so many samples.

    Parameters
    ----------
    samples
        Of a tile.
    knots
        Of the noise on a tile.
    smoothing
        What smoothing takes of the device for a rack, bytes.
    """
    return max(1, _BATCH_BYTES // (_bytes_of_rack(samples, knots) + smoothing))


def _bytes_of_rack(samples: int, knots: int) -> int:
    """Return what a rack takes: quanta, watts, watts of the tile before, its noise on knots."""
    return 3 * 4 * samples + 4 * knots


def device_bytes(
    programs: Programs, fleet: Fleet, racks: int, samples: int, dt: int, noise: NoiseLevel,
    smoothed: str | None = None, runs: int = 1,
) -> int:  # fmt: skip
    """Return about how much memory of the device a job takes at once, bytes, rather too much.

    That of one more run is never more than that of the run before.

    Parameters
    ----------
    racks, samples
        Racks of the job, and samples of a tile.
    dt
        Ticks between samples.
    noise
        Of the job.
    smoothed
        Engine of a job with power smoothing.
    runs
        That go together.
    """
    rows = [slice(a, b) for a, b in zip(programs.first[:-1], programs.first[1:], strict=True)]
    shortest = max(1, min(int(programs.mean_ticks[r].sum()) for r in rows))
    felt = samples * dt + (fleet.horizon << fleet.age_shift)
    # Spread durations may be shorter than their mean, and a crash cuts slots off.
    slots = 2 * -(-felt // shortest) + 4
    of_job, of_group = (
        max(int((programs.barrier[r] == scope).sum()) for r in rows)
        for scope in (BARRIER_JOB, BARRIER_GROUP)
    )
    phases = max(r.stop - r.start for r in rows)
    units, groups = (-(-fleet.lanes // n) for n in (fleet.unit_size, fleet.group_size))
    slot = 3 * 8 + 4 * phases + 8 * (units + of_job + of_group * groups)
    fixed = sum(column.nbytes for column in programs) + runs * 2 * 4 * fleet.lanes
    knots = noise.knots(samples, dt)
    extra = 0 if smoothed is None else bytes_of_rack(smoothed, samples)
    fixed += 0 if smoothed is None else runs * bytes_of_lanes(fleet.lanes, samples)
    batch = min(racks * runs, racks_at_once(samples, knots, extra))
    batch *= _bytes_of_rack(samples, knots) + extra
    # The tables of two tiles: one is computed while the next is made ready.
    return int(fixed + runs * (2 * slots + AT_ONCE) * slot + batch)
