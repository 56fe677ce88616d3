# SPDX-License-Identifier: Apache-2.0
"""The machine that runs translated PTX: memory, barriers, atomics, warps, faults, refusals."""

from __future__ import annotations

import numpy as np
import pytest

from tests.cuda.ptx_by_hand import element, module, run
from tests.cuda.ptx_run import Bare, PtxFaultError, PtxProgram
from tests.cuda.ptx_text import UnknownPtxError
from tests.cuda.ptx_to_c import translate

BUFFER = ".shared .align 4 .b8 buffer[512];"
HERE = "mul.wide.u32 %rd3, %r0, 4;\nmov.u64 %rd4, buffer;\nadd.s64 %rd5, %rd4, %rd3;\n"
MIRROR = "sub.s32 %r2, 127, %r0;\nmul.wide.u32 %rd6, %r2, 4;\nadd.s64 %rd6, %rd4, %rd6;\n"


@pytest.mark.parametrize("backwards", [False, True])
def test_shared_memory_is_complete_after_a_barrier(backwards: bool) -> None:
    out = np.zeros(128, np.uint32)
    body = (
        element("a", "%rd1", 4) + HERE + "st.shared.u32 [%rd5], %r0;\nbar.sync 0;\n" + MIRROR
        + "ld.shared.u32 %r3, [%rd6];\nst.global.u32 [%rd1], %r3;"
    )  # fmt: skip
    run(body, out, threads=128, memory=BUFFER, backwards=backwards)
    assert out.tolist() == list(range(127, -1, -1))


def test_a_missing_barrier_shows() -> None:
    body = (
        element("a", "%rd1", 4) + HERE + "st.shared.u32 [%rd5], %r0;\n" + MIRROR
        + "ld.shared.u32 %r3, [%rd6];\nst.global.u32 [%rd1], %r3;"
    )  # fmt: skip
    out = np.zeros(128, np.uint32)
    run(body, out, threads=128, memory=BUFFER)
    assert out[0] == 0xA5A5A5A5
    assert out[127] == 0


def test_atomics_add_up_and_return_what_was() -> None:
    total, largest, was = np.zeros(1, np.int32), np.full(1, -5, np.int64), np.zeros(64, np.int32)
    body = element("c", "%rd3", 4) + (
        "ld.param.u64 %rd1, [a];\nld.param.u64 %rd2, [b];\nadd.s32 %r1, %r0, 1;\n"
        "atom.global.add.s32 %r2, [%rd1], %r1;\nst.global.u32 [%rd3], %r2;\n"
        "cvt.s64.s32 %rd4, %r0;\nred.global.max.s64 [%rd2], %rd4;"
    )
    run(body, total, largest, was, threads=64)
    assert total[0] == 64 * 65 // 2
    assert largest[0] == 63
    assert was.tolist() == [i * (i + 1) // 2 for i in range(64)]


def test_blocks_have_shared_memory_of_their_own() -> None:
    out = np.zeros(3, np.uint32)
    body = (
        HERE + "mov.u32 %r1, %ctaid.x;\nmov.u32 %r2, %ntid.x;\nsetp.ne.s32 %p1, %r0, 0;\n"
        "mov.u32 %r9, 0;\n@!%p1 st.shared.u32 [buffer], %r9;\nbar.sync 0;\n"
        "atom.shared.add.u32 %r3, [buffer], %r2;\nbar.sync 0;\n@%p1 bra end;\n"
        "ld.shared.u32 %r4, [%rd4];\nadd.s32 %r4, %r4, %r1;\n"
        "ld.param.u64 %rd1, [a];\nmul.wide.u32 %rd2, %r1, 4;\nadd.s64 %rd1, %rd1, %rd2;\n"
        "st.global.u32 [%rd1], %r4;\nend:"
    )
    run(body, out, threads=4, blocks=3, memory=BUFFER)
    assert out.tolist() == [16, 17, 18]


def test_vectors_of_memory_and_halves_of_a_register() -> None:
    source, out = np.arange(4, dtype=np.uint32) + 7, np.zeros(4, np.uint32)
    body = (
        "ld.param.u64 %rd1, [a];\nld.param.u64 %rd2, [b];\n"
        "ld.global.v4.u32 {%r1, %r2, %r3, %r4}, [%rd1];\nmov.b64 %rd3, {%r1, %r4};\n"
        "mov.b64 {%r5, %r6}, %rd3;\nst.global.v2.u32 [%rd2+8], {%r6, %r5};\n"
        "st.global.u64 [%rd2], %rd3;"
    )
    run(body, source, out, threads=1)
    assert out.tolist() == [7, 10, 10, 7]


@pytest.mark.parametrize(
    ("mode", "b", "c", "source"),
    [
        ("bfly", 4, 31, lambda i: i ^ 4),
        ("up", 3, 0, lambda i: i - 3 if i >= 3 else i),
        ("down", 5, 31, lambda i: i + 5 if i + 5 <= 31 else i),
        ("idx", 9, 31, lambda i: 9),
        ("down", 1, 0x181F, lambda i: i + 1 if i % 8 < 7 else i),
    ],
)
def test_shuffle(mode: str, b: int, c: int, source: object) -> None:
    out, inside = np.zeros(64, np.uint32), np.zeros(64, np.uint32)
    body = element("a", "%rd1", 4) + element("b", "%rd2", 4) + (
        f"mul.lo.s32 %r1, %r0, 10;\nshfl.sync.{mode}.b32 %r2|%p1, %r1, {b}, {c}, -1;\n"
        "selp.u32 %r3, 1, 0, %p1;\nst.global.u32 [%rd1], %r2;\nst.global.u32 [%rd2], %r3;"
    )  # fmt: skip
    run(body, out, inside, threads=64)
    assert callable(source)
    lanes = [source(i % 32) for i in range(64)]
    assert out.tolist() == [10 * (i // 32 * 32 + lane) for i, lane in enumerate(lanes)]
    stayed = [lane == i % 32 for i, lane in enumerate(lanes)]
    assert inside.tolist() == [int(mode == "idx" or not s) for s in stayed]


def test_ballot_and_sum_of_a_warp() -> None:
    out = np.zeros(32, np.uint32)
    body = element("a", "%rd1", 4) + (
        "and.b32 %r1, %r0, 1;\nsetp.eq.u32 %p1, %r1, 1;\n"
        "vote.sync.ballot.b32 %r2, %p1, -1;\nst.global.u32 [%rd1], %r2;"
    )
    run(body, out)
    assert set(out.tolist()) == {0xAAAAAAAA}
    step = "shfl.sync.bfly.b32 %r2, %r1, {0}, 31, -1;\nadd.s32 %r1, %r1, %r2;\n"
    total = "mov.u32 %r1, %r0;\n" + "".join(step.format(k) for k in (16, 8, 4, 2, 1))
    run(element("a", "%rd1", 4) + total + "st.global.u32 [%rd1], %r1;", out)
    assert set(out.tolist()) == {sum(range(32))}


def test_predicates_guard_and_combine() -> None:
    out = np.zeros(32, np.uint32)
    body = element("a", "%rd1", 4) + (
        "setp.gt.u32 %p1, %r0, 9;\nsetp.lt.and.u32 %p2, %r0, 20, %p1;\nnot.pred %p3, %p2;\n"
        "xor.pred %p4, %p3, %p1;\nmov.u32 %r1, 1;\n@%p2 mov.u32 %r1, 2;\n@!%p4 add.s32 %r1, %r1, 4;"
        "\nst.global.u32 [%rd1], %r1;"
    )
    run(body, out)
    inside = [9 < i < 20 for i in range(32)]
    expected = [(2 if n else 1) + (0 if (not n) != (i > 9) else 4) for i, n in enumerate(inside)]
    assert out.tolist() == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "ld.param.u64 %rd1, [a];\nst.global.u32 [%rd1+16], %r0;",
            r"line 11: .* outside every array",
        ),
        (
            "ld.param.u64 %rd1, [a];\nst.global.u32 [%rd1+2], %r0;",
            r"line 11: .* no multiple of the size",
        ),
        ("mov.u64 %rd1, buffer;\nst.shared.u32 [%rd1+512], %r0;", r"line 11: .* offset 512"),
        # Just below the first byte: as a sum that wraps, its end lies inside.
        ("mov.u64 %rd1, buffer;\nst.shared.u32 [%rd1+-4], %r0;", r"line 11: .* offset 184467"),
        ("mov.u64 %rd1, -4;\nst.global.u32 [%rd1], %r0;", r"line 11: .* outside every array"),
        (
            "setp.eq.s32 %p1, %r0, 0;\n@%p1 bra wait;\nshfl.sync.idx.b32 %r1, %r0, 0, 31, -1;\n"
            "bra end;\nwait: bar.sync 0;\nend:",
            "wait for each other forever",
        ),
    ],
)
def test_faults(body: str, message: str) -> None:
    with pytest.raises(PtxFaultError, match=message):
        run(body, np.zeros(4, np.uint32), memory=BUFFER)


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("add.ftz.f32 %f1, %f2, %f3;", "instruction 'add.ftz.f32 %f1, %f2, %f3'"),
        ("ex2.approx.f32 %f1, %f2;", "line 10: no translation for the instruction 'ex2.approx.f32"),
        ("cvt.rn.f32.f64 %f1, %fd1;", "no translation for the instruction 'cvt.rn.f32.f64"),
        ("bar.sync 1;", "only barrier 0"),
        ("add.s32 %r1, %r2, elsewhere;", "unknown operand 'elsewhere'"),
        ("add.s32 %x1, %r2, 3;", "unknown register '%x1'"),
        ("ld.global.u32 %r1, [%rd2+%rd3];", "unknown address"),
        (".reg .q64 %q<3>;", "unknown declaration"),
        ("?;", "unknown statement at line 10"),
    ],
)
def test_refusals_name_what_is_unknown(statement: str, message: str) -> None:
    with pytest.raises(UnknownPtxError, match=message):
        translate(module(["a"], statement))


def test_two_kernels_are_refused() -> None:
    with pytest.raises(UnknownPtxError, match="expected one kernel and no function, found 2"):
        translate(module([], "") + module([], ""))


def test_launch_checks_its_arguments() -> None:
    made = PtxProgram(module(["a"], ""))
    with pytest.raises(TypeError, match="takes 1 parameters, got 7"):
        made.launch(1, 1, np.zeros(3))
    with pytest.raises(TypeError, match="byte 0 is u64"):
        made.launch(1, 1, np.float32(3))
    with pytest.raises(TypeError, match="contiguous"):
        made.launch(1, 1, Bare(np.zeros((3, 3))[:, 1]))


def test_without_a_c_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(RuntimeError, match="looked for 'no-such-compiler': install gcc or clang"):
        PtxProgram(module([], ""))
