# SPDX-License-Identifier: Apache-2.0
"""``powermodel doctor``: what this machine offers, and what stands in the way."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from powermodel.cli.options import AsJson, Flag
from powermodel.cli.terminal import bytes_words, print_json, print_note, print_table

if TYPE_CHECKING:
    from powermodel.device.driver import CudaDriver

_PACKAGES = (
    "powermodel",
    "numpy",
    "numba",
    "llvmlite",
    "scipy",
    "xarray",
    "zarr",
    "dask",
    "distributed",
    "pydantic",
    "pint",
    "pyarrow",
    "matplotlib",
    "cyclopts",
    "rich",
)
_CUPY = ("cupy-cuda12x", "cupy-cuda13x", "cupy")
_NUMBA_CUDA = ("numba-cuda",)
_ABSENT = "not installed"


def doctor(*, clear_cache: Flag = False, as_json: AsJson = False) -> None:
    """Print what powermodel finds on this machine.

    Parameters
    ----------
    clear_cache : bool
        Remove all compiled kernels first; the next run compiles what it needs.
    as_json : bool
        Print JSON.
    """
    if clear_cache:
        _clear()
    found = examine()
    if as_json:
        print_json(found)
        return
    print_table(_rows(found))
    print("\npackages")
    print_table(found["packages"].items())
    for problem in found["problems"]:
        print_note(problem, "warning:", "bold yellow")


def examine() -> dict[str, Any]:
    """Return what JSON can hold of this machine; ``problems`` are for people."""
    import platform

    from powermodel import device
    from powermodel.device.driver import find_driver
    from powermodel.provenance import package_version

    cache = _cache()
    cuda, no_cuda = _cuda(find_driver()), device.cuda_problem()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cpu": _cpu(),
        "memory": _memory(),
        "kernel_cache": cache,
        "cuda": cuda,
        "device": {
            "auto": device.resolve("auto").name,
            "cuda": "ready" if no_cuda is None else no_cuda.message,
        },
        "packages": {name: package_version(name) for name in _PACKAGES},
        "problems": _problems(cache),
    }


def _clear() -> None:
    from powermodel_kernels.compiled import cache_directory, clear, used_bytes

    place = cache_directory()
    if place is None:
        print_note("no compiled kernels to remove")
        return
    before = used_bytes(place)
    clear(place)
    print_note(f"removed {bytes_words(before - used_bytes(place))} of compiled kernels")


def _cpu() -> dict[str, int]:
    import numba
    import psutil

    return {
        "logical": psutil.cpu_count() or 1,
        "usable": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1,
        "threads": numba.get_num_threads(),
    }


def _memory() -> dict[str, int]:
    import psutil

    memory = psutil.virtual_memory()
    return {"total_bytes": memory.total, "available_bytes": memory.available}


def _cache() -> dict[str, Any]:
    """Where compiled kernels are kept; without a place, every process compiles them again."""
    import shutil

    from powermodel_kernels.compiled import cache_directory, used_bytes

    place = cache_directory()
    if place is None:
        return {"path": None, "writable": False}
    return {
        "path": str(place),
        "writable": True,
        "used_bytes": used_bytes(place),
        "free_bytes": shutil.disk_usage(place).free,
    }


def _cuda(driver: CudaDriver) -> dict[str, Any]:
    from powermodel.provenance import package_version

    def first(names: tuple[str, ...]) -> str | None:
        versions = ((name, package_version(name)) for name in names)
        return next((f"{name} {text}" for name, text in versions if text != _ABSENT), None)

    return {
        "driver": None if driver.version is None else "{}.{}".format(*driver.version),
        "devices": driver.devices,
        "problem": driver.problem,
        "cupy": first(_CUPY),
        "numba_cuda": first(_NUMBA_CUDA),
        "extra": driver.extra,
    }


def _problems(cache: dict[str, Any]) -> list[str]:
    if cache["writable"]:
        return []
    return [
        "no place for compiled kernels can be written, so every run compiles them again;"
        " set POWERMODEL_CACHE_DIR to a folder that can"
    ]


def _rows(found: dict[str, Any]) -> list[tuple[str, str]]:
    cpu, memory, cache = found["cpu"], found["memory"], found["kernel_cache"]
    total, available = (bytes_words(memory[f"{part}_bytes"]) for part in ("total", "available"))
    kept = "none can be written"
    if cache["writable"]:
        used, free = bytes_words(cache["used_bytes"]), bytes_words(cache["free_bytes"])
        kept = f"{cache['path']} ({used} used, {free} free)"
    return [
        ("powermodel", found["packages"]["powermodel"]),
        ("python", f"{found['python']} on {found['platform']}"),
        ("cores", f"{cpu['usable']} usable of {cpu['logical']}; {cpu['threads']} threads"),
        ("memory", f"{total}, {available} available"),
        ("compiled kernels", kept),
        ("CPU", "computes every stage"),
        ("GPU", "timeline, accelerators, noise, racks, storage; powermodel check says it of a run"),
        ("--device cuda", found["device"]["cuda"]),
        *cuda_rows(found["cuda"]),
    ]


def cuda_rows(cuda: dict[str, Any]) -> list[tuple[str, str]]:
    """Return what the table says of CUDA, as `examine` found it."""
    driver = cuda["problem"]
    if cuda["driver"] is not None:
        seen = cuda["problem"] or f"{cuda['devices']} GPU{'s' if cuda['devices'] != 1 else ''}"
        driver = f"supports CUDA {cuda['driver']}; {seen}"
    rows = [
        ("CUDA driver", driver),
        ("cupy", cuda["cupy"] or _ABSENT),
        ("numba-cuda", cuda["numba_cuda"] or _ABSENT),
    ]
    if cuda["extra"] is not None and not (cuda["cupy"] and cuda["numba_cuda"]):
        rows.append(("CUDA packages", f"pip install 'powermodel[{cuda['extra']}]' installs both"))
    return rows
