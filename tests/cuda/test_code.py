# SPDX-License-Identifier: Apache-2.0
"""Machine code is made once, kept on disk and cleared; and how kernels are given arguments."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numba import typeof

from powermodel_kernels.cuda import code, compiler, kept, launcher
from tests.cuda import ptx_run
from tests.cuda.cases import KERNELS, arguments, ptx, signature
from tests.cuda.host_gpu import DriverError, HostGpu
from tests.cuda.ptx_text import parse

DAY_S = 86_400.0


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Note what is compiled, and keep machine code in a folder of this test."""
    seen: list[str] = []
    texts = {name: ptx(name, "sm_90") for name in ("bus_loads", "shelf_inputs")}

    def made(function: Any, _signature: Any, _capability: tuple[int, int]) -> str:
        seen.append(function.__name__)
        return texts[function.__name__]

    monkeypatch.setattr(compiler, "ptx", made)
    monkeypatch.setattr(code, "cache_directory", lambda: tmp_path)
    return seen


def made(name: str = "bus_loads", capability: tuple[int, int] = (9, 0)) -> bytes:
    return code.machine_code(KERNELS[name], signature(name), capability)


def test_code_is_linked_once_and_found_again(compiled: list[str], tmp_path: Path) -> None:
    first = made()
    assert first.startswith(b"\x7fELF")
    assert b"bus_loads" in first
    assert made() == first
    assert compiled == ["bus_loads"]
    assert {file.suffix for file in (tmp_path / "cuda").iterdir()} == {".cubin", ".ptx"}


def test_ptx_is_compiled_once_and_found_again(compiled: list[str], tmp_path: Path) -> None:
    asked = KERNELS["bus_loads"], signature("bus_loads"), (9, 0)
    first = code.assembly(*asked)
    assert b".visible .entry bus_loads(" in first
    assert code.assembly(*asked) == first
    assert compiled == ["bus_loads"]
    (file,) = (tmp_path / "cuda").iterdir()
    assert file.suffix == ".ptx"


def test_another_kernel_or_gpu_is_another_file(compiled: list[str], tmp_path: Path) -> None:
    made()
    made("shelf_inputs")
    made(capability=(10, 0))
    assert len(list((tmp_path / "cuda").glob("*.cubin"))) == len(compiled) == 3


def test_damaged_code_is_made_again(compiled: list[str], tmp_path: Path) -> None:
    first = made()
    for file in (tmp_path / "cuda").iterdir():
        file.write_bytes(file.read_bytes()[:-100])
    assert made() == first
    assert compiled == ["bus_loads"] * 2


def test_without_a_place_code_is_made_each_time(
    compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(code, "cache_directory", lambda: None)
    assert made() == made()
    assert compiled == ["bus_loads"] * 2


def test_the_linker_says_what_it_refuses() -> None:
    with pytest.raises(ValueError, match=r"the linker refused a kernel: (.|\n)*Parsing error"):
        code.linked(b".version 9.0\n.target sm_90\n.address_size 64\nnonsense;", (9, 0))


def test_what_nobody_used_for_long_goes_when_something_new_comes(tmp_path: Path) -> None:
    def file(key: str) -> Path:
        return kept.kept(tmp_path, "x", key, lambda path: path.write_text(key) and None)

    old, read, young = file("old"), file("read"), file("young")
    for age_days, path in ((31, old), (29, read), (29, young)):
        then = time.time() - age_days * DAY_S
        os.utime(path, (then, then))
    file("read")
    assert time.time() - read.stat().st_mtime < DAY_S
    new = file("new")
    assert set(tmp_path.iterdir()) == {read, young, new}


def test_what_failed_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing(_path: Path) -> None:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        kept.kept(tmp_path, "x", "key", failing)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("status", "linked"), [(222, True), (200, False)])
def test_an_old_driver_is_given_linked_code(
    monkeypatch: pytest.MonkeyPatch, status: int, linked: bool
) -> None:
    """PTX that it calls too new; any other refusal is said."""
    gpu, given = HostGpu(), []

    def load(image: bytes) -> int:
        given.append(image)
        if len(given) == 1:
            raise gpu.cuda.driver.CUDADriverError(status)
        raise EOFError

    gpu.cuda.driver.moduleLoadData = load
    monkeypatch.setitem(sys.modules, "cupy", gpu)
    monkeypatch.setattr(launcher, "_ready", {})
    monkeypatch.setattr(launcher, "assembly", lambda *_: b"newer")
    monkeypatch.setattr(launcher, "machine_code", lambda *_: b"linked")
    with pytest.raises(EOFError if linked else DriverError):
        launcher.launch_here(KERNELS["bus_loads"], 1, 32, on_the_gpu(gpu, arguments("bus_loads")))
    assert given == [b"newer\0", b"linked"][: 1 + linked]


@pytest.mark.parametrize("name", KERNELS)
def test_arguments_are_packed_as_the_kernel_declares_its_parameters(name: str) -> None:
    there = on_the_gpu(HostGpu(), arguments(name))
    kinds: list[str] = []
    values: list[Any] = []
    launcher.flatten(there, values, kinds)
    declared, layout = parse(ptx(name, "sm_90")), launcher.layout_of(kinds)
    assert layout.pack(*values) == ptx_run._parameters(declared, ptx_run._flatten(there)[0])
    assert launcher.offsets_in(layout) == [offset for _, offset in declared.params.values()]
    assert str(launcher.signature_of(there)) == str(signature(name))


def on_the_gpu(gpu: HostGpu, argument: Any) -> Any:
    """Return arguments whose arrays are on a GPU."""
    if isinstance(argument, tuple):
        members = [on_the_gpu(gpu, member) for member in argument]
        return getattr(type(argument), "_make", tuple)(members)
    if not isinstance(argument, np.ndarray):
        return argument
    there = gpu.empty(argument.shape, argument.dtype)
    there[...] = argument
    return there


@pytest.mark.parametrize(
    ("argument", "kind", "packed"),
    [
        (True, "?", b"\1"),
        (-2, "q", b"\xfe" + b"\xff" * 7),
        (2**64 - 1, "Q", b"\xff" * 8),
        (0.5, "d", np.float64(0.5).tobytes()),
        (np.float32(0.1), "f", np.float32(0.1).tobytes()),
        (np.int64(-1), "l", b"\xff" * 8),
        (np.bool_(True), "?", b"\1"),
    ],
)
def test_numbers_keep_their_bits(argument: Any, kind: str, packed: bytes) -> None:
    kinds: list[str] = []
    values: list[Any] = []
    launcher.flatten(argument, values, kinds)
    assert kinds == [kind]
    assert launcher.layout_of(kinds).pack(*values) == packed
    assert typeof(argument) == launcher.signature_of((argument,)).args[0]


def test_an_array_with_gaps_is_refused() -> None:
    gaps = HostGpu().zeros((4, 4), np.int32)[:, :2]
    with pytest.raises(ValueError, match="a kernel takes contiguous arrays"):
        launcher.flatten(gaps, [], [])
