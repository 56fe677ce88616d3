# SPDX-License-Identifier: Apache-2.0
"""Small PTX kernels written by hand, for the tests of the translator."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from tests.cuda.ptx_run import Bare, PtxProgram

REGISTERS = """
.reg .pred %p<9>; .reg .b16 %h<9>; .reg .b32 %r<30>; .reg .f32 %f<9>; .reg .b64 %rd<20>;
mov.u32 %r0, %tid.x;
"""


def module(parameters: Iterable[str], body: str, memory: str = "") -> str:
    """Return a module whose kernel takes addresses and finds its thread in ``%r0``."""
    listed = ", ".join(f".param .u64 {name}" for name in parameters)
    head = f".version 9.0\n.target sm_90\n.address_size 64\n{memory}\n"
    return f"{head}.visible .entry k({listed})\n{{\n{REGISTERS}{body}\nret;\n}}\n"


def element(name: str, register: str, size: int) -> str:
    """Return what puts the address of this thread's element of an array into a register."""
    return (
        f"ld.param.u64 {register}, [{name}];\ncvta.to.global.u64 {register}, {register};\n"
        f"mul.wide.u32 %rd19, %r0, {size};\nadd.s64 {register}, {register}, %rd19;\n"
    )


def run(
    body: str, *arrays: Any, threads: int = 32, blocks: int = 1, memory: str = "", **more: Any
) -> None:
    """Launch a kernel on arrays that it knows as ``a``, ``b``, …."""
    text = module("abcdef"[: len(arrays)], body, memory)
    PtxProgram(text).launch(blocks, threads, *(Bare(a) for a in arrays), **more)


_PREFIX = {"b16": "%h", "b32": "%r", "b64": "%rd", "f32": "%f"}


def _bits(kind: str) -> str:
    return kind if kind == "f32" else f"b{kind[1:]}"


def evaluate(
    operations: Iterable[str], takes: tuple[str, ...], gives: str, *sources: Any
) -> dict[str, Any]:
    """Return what each instruction makes of the sources, a thread each.

    ``takes`` names the types of the sources, ``gives`` that of the results; a result of type
    ``pred`` is seen as 0 or 1.
    """
    listed, lines = list(operations), []
    names = [f"{_PREFIX[_bits(t)]}{k + 1}" for k, t in enumerate(takes)]
    for k, (name, kind) in enumerate(zip(names, takes, strict=True)):
        lines.append(element("abcd"[k], f"%rd{10 + k}", np.dtype(sources[k].dtype).itemsize))
        lines.append(f"ld.global.{kind} {name}, [%rd{10 + k}];")
    kept = "u32" if gives == "pred" else gives
    size = int(kept[1:]) // 8
    target = f"{_PREFIX[_bits(kept)]}5"
    lines.append(element("f", "%rd15", size))
    threads = sources[0].size
    for k, operation in enumerate(listed):
        into = "%p5" if gives == "pred" else target
        lines.append(f"{operation} {into}, {', '.join(names)};")
        if gives == "pred":
            lines.append(f"selp.u32 {target}, 1, 0, %p5;")
        lines.append(f"st.global.{kept} [%rd15+{k * threads * size}], {target};")
    kinds = {"s": "i", "u": "u", "b": "u", "f": "f"}
    out = np.zeros((len(listed), threads), f"{kinds[kept[0]]}{size}")
    text = module([*"abcd"[: len(takes)], "f"], "\n".join(lines))
    PtxProgram(text).launch(1, threads, *(Bare(s) for s in sources), Bare(out))
    return dict(zip(listed, out, strict=True))
