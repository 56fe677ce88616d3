# SPDX-License-Identifier: Apache-2.0
"""Every kernel compiles for real GPUs, and its machine code is as lean as recorded."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from powermodel_kernels.cuda.steps import WIDTH
from tests.cuda import sass
from tests.cuda.cases import ARCHITECTURES, KERNELS, ptx
from tests.cuda.ptx_by_hand import module
from tests.cuda.ptx_text import parse

RECORD = Path(__file__).with_name("resources.json")
# Which loop of a kernel counts: the shortest that has this instruction so many times. One trip of
# it handles one event (four additions to a bin), one phase (the polynomials of its random factor),
# one step of a unit (its powers made integers), or one sample of a rack. Of ``rack_steps`` it is
# the share of two loops that one step of one accelerator takes, see ``step_instructions``.
LOOPS = {
    "slot_barriers": ("FFMA", 30),
    "rack_bins": ("ATOMS", 4),
    "smoothed_bins": ("RED", 10),
    "smoothed_scan": ("F2I", 2),
    "smoothed_steps": ("F2I", 2),
    "smoothed_sums": ("LDG", 5),
    "rack_noise": ("F2I", 1),
    "bus_loads": ("STG", 1),
    "rack_stores": ("F2I", 2),
    "rack_backups": ("F2I", 3),
    "shelf_inputs": ("F2I", 2),
    "site_steps": ("F2I", 4),
}
MOST_A_STEP = 45
"""SASS instructions per step of an accelerator on sm_90 that the project allows itself."""
BOTH = pytest.mark.parametrize(
    ("name", "architecture"), [(n, a) for n in KERNELS for a in ARCHITECTURES]
)


@cache
def assembled(name: str, architecture: str) -> tuple[sass.Resources, sass.Code]:
    said, lines = sass.assemble(ptx(name, architecture), architecture)
    return said, sass.Code(lines)


def measured(name: str, architecture: str) -> dict[str, int]:
    said, code = assembled(name, architecture)
    one_step = name == "rack_steps"
    return {
        "registers": said.registers,
        "shared_bytes": said.shared_bytes,
        "instructions": len(code.lines),
        "loop_instructions": (
            step_instructions(code) if one_step else code.shortest_loop(*LOOPS[name])
        ),
    }


def step_instructions(code: sass.Code) -> int:
    """Return the instructions that one step of one accelerator takes in ``rack_steps``.

    Its share of the loop over samples between two events, however far that is unrolled, and its
    share of what is done once for the window of a warp: waiting for each other, adding up.
    """
    step, window = code.loop("F2I"), code.once(code.loop("LDS", WIDTH))
    return math.ceil(len(step) / code.count(step, "F2I") + len(window) / WIDTH)


def risen(recorded: dict[str, int], now: dict[str, int]) -> list[str]:
    """Return what is larger than recorded, in words."""
    return [f"{k}: {recorded[k]} -> {v}" for k, v in now.items() if v > recorded[k]]


@BOTH
def test_neither_stack_nor_spills(name: str, architecture: str) -> None:
    said, _ = assembled(name, architecture)
    assert (said.stack_bytes, said.spill_bytes) == (0, 0)
    assert said.registers > 0


@BOTH
def test_resources_do_not_rise(name: str, architecture: str) -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))[name][architecture]
    more = risen(recorded, measured(name, architecture))
    assert not more, (
        f"{name} on {architecture} needs more than {RECORD.name} says: {', '.join(more)}; "
        "if that is meant, write the new numbers there"
    )


def test_a_step_of_an_accelerator_is_lean() -> None:
    _, code = assembled("rack_steps", "sm_90")
    assert step_instructions(code) <= MOST_A_STEP


def test_every_kernel_is_recorded() -> None:
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    assert {n: set(record) for n, record in recorded.items()} == {
        n: set(ARCHITECTURES) for n in KERNELS
    }


def test_a_rise_is_told_from_old_to_new() -> None:
    assert risen({"a": 72, "b": 9}, {"a": 75, "b": 8}) == ["a: 72 -> 75"]


@BOTH
def test_no_double_precision(name: str, architecture: str) -> None:
    assert ".f64" not in ptx(name, architecture)
    _, code = assembled(name, architecture)
    double = {"DADD", "DMUL", "DFMA", "DSETP", "DMNMX"}
    assert not double & {line.opcode for line in code.lines}


@BOTH
def test_target_and_version_are_those_of_the_pinned_toolkit(name: str, architecture: str) -> None:
    text = ptx(name, architecture)
    assert parse(text).target == architecture
    assert "\n.version 9.0\n" in text


def power_of_two(operand: str) -> bool:
    """Return whether an operand is a written float32 without a fraction in its bits."""
    return operand.startswith("0f") and int(operand[2:], 16) & 0x007F_FFFF == 0


def fusible(text: str) -> list[str]:
    """Return the sums that a product could be fused into: a + b·c is rounded once then, not twice.

    ptxas fuses ``mul.f32`` and ``add.f32``, never ``mul.rn.f32``. Products are followed through
    moves, signs and selections, whatever the way through the code. A product with a power of two is
    exact, so that one rounding and two are the same.
    """
    listed = parse(text).instructions
    through = {"mov.f32", "neg.f32", "abs.f32", "selp.f32"}
    products = {
        i.operands[0]
        for i in listed
        if i.opcode == "mul.f32" and not any(map(power_of_two, i.operands[1:]))
    }
    while more := {
        i.operands[0]
        for i in listed
        if i.opcode in through and products & set(i.operands[1:]) and i.operands[0] not in products
    }:
        products |= more
    sums = [i for i in listed if i.opcode in {"add.f32", "sub.f32"}]
    return [f"line {i.line}: {i}" for i in sums if products & set(i.operands[1:])]


@BOTH
def test_no_product_can_be_fused_into_a_sum(name: str, architecture: str) -> None:
    found = fusible(ptx(name, architecture))
    assert not found, f"a product that feeds a sum must go through mul or fma: {found}"


@dataclass(frozen=True)
class Written:
    """A few lines of PTX and whether ptxas may fuse them."""

    body: str
    fusible: bool


@pytest.mark.parametrize(
    "written",
    [
        Written("mul.f32 %f1, %f2, %f3; add.f32 %f4, %f1, %f2;", True),
        Written("mul.f32 %f1, %f2, %f3; selp.f32 %f5, %f1, %f2, %p1; sub.f32 %f4, %f2, %f5;", True),
        Written("mul.rn.f32 %f1, %f2, %f3; add.f32 %f4, %f1, %f2;", False),
        Written("mul.f32 %f1, %f2, 0f33800000; add.f32 %f4, %f1, %f2;", False),
        Written("mul.f32 %f1, %f2, 0f33800001; add.f32 %f4, %f1, %f2;", True),
        Written("mul.f32 %f1, %f2, %f3; fma.rn.f32 %f4, %f1, %f2, %f3;", False),
    ],
)
def test_fusible_sums_are_found(written: Written) -> None:
    assert bool(fusible(module([], written.body))) == written.fusible


def test_loops_are_counted_by_control_flow() -> None:
    code: list[Any] = [
        "/*0000*/ MOV R1, R2 ;",
        ".L_x_1:",
        "/*0010*/ IADD3 R1, R1, 0x1, RZ ;",
        ".L_x_2:",
        "/*0020*/ FFMA R3, R1, R1, R1 ;",
        "/*0030*/ @!P0 BRA `(.L_x_2) ;",
        "/*0040*/ @P1 BRA `(.L_x_3) ;",
        "/*0050*/ BRA `(.L_x_1) ;",
        ".L_x_3:",
        "/*0060*/ EXIT ;",
    ]
    kernel = sass.Code(code)
    assert kernel.shortest_loop("FFMA") == 2
    assert kernel.shortest_loop("IADD3") == 5
    with pytest.raises(ValueError, match="no loop has EXIT 1 times"):
        kernel.shortest_loop("EXIT")


def test_ptxas_says_what_it_refuses() -> None:
    with pytest.raises(RuntimeError, match=r"ptxas refused: .*no_such_instruction"):
        sass.assemble(
            ".version 9.0\n.target sm_90\n.address_size 64\n"
            ".visible .entry k() { no_such_instruction; }\n",
            "sm_90",
        )


def test_a_missing_tool_is_named() -> None:
    with pytest.raises(RuntimeError, match="no-such-tool of CUDA 13 is not here"):
        sass.tool("no-such-tool")
