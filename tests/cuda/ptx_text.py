# SPDX-License-Identifier: Apache-2.0
"""PTX read as text: the one kernel of a module, its parameters, memory, registers, instructions.

Covers what NVVM writes for the kernels here (PTX ISA 9.0, chapters 4 and 5); anything else is an
error that quotes the line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

BYTES = {"pred": 1} | {f"{k}{n}": n // 8 for k in "bsu" for n in (8, 16, 32, 64)} | {"f32": 4}

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ENTRY = re.compile(r"\.entry\s+([\w$]+)\s*\((.*?)\)(.*?)\{", re.DOTALL)
_PARAM = re.compile(r"\.param\s+\.(\w+)\s+(?:\.ptr\s+)?(?:\.\w+\s+(?:\d+\s+)?)*([\w$]+)$")
_MEMORY = re.compile(r"\.shared\s+(?:\.align\s+(\d+)\s+)?\.(\w+)\s+([\w$]+)(?:\[(\d+)\])?$")
_REGISTERS = re.compile(r"\.reg\s+\.(\w+)\s+(.*)$", re.DOTALL)
_LABEL = re.compile(r"([\w$]+)\s*:(?!:)\s*")
_STATEMENT = re.compile(r"(?:@(!?)(%[\w$]+)\s+)?([a-z][\w.:]*)\s*(.*)$", re.DOTALL)
# The upper half of a register, by way of one whose name nobody else sees.
_UPPER_HALF = re.compile(r"\{ \.reg \.b32 tmp; mov\.b64 \{tmp, (%\w+)\}, (%\w+); \}")
# Hints to the optimiser and to debuggers: they do not change what is computed.
_IGNORED = (".pragma", ".loc", ".file", ".maxntid", ".minnctapersm")


class UnknownPtxError(Exception):
    """Text that the reader or the translator does not know."""


@dataclass(frozen=True)
class Instruction:
    """One instruction; ``guard`` is ``%p1``, ``!%p1`` or empty."""

    line: int
    guard: str
    opcode: str
    operands: tuple[str, ...]

    @property
    def parts(self) -> list[str]:
        return self.opcode.split(".")

    def __str__(self) -> str:
        return f"{self.opcode} {', '.join(self.operands)}"


@dataclass(frozen=True)
class Label:
    name: str


@dataclass
class Kernel:
    """A kernel; offsets are bytes in the parameter buffer and in the block's shared memory."""

    name: str
    target: str
    params: dict[str, tuple[str, int]] = field(default_factory=dict)
    shared: dict[str, int] = field(default_factory=dict)
    shared_bytes: int = 0
    registers: dict[str, str] = field(default_factory=dict)
    body: list[Instruction | Label] = field(default_factory=list)

    @property
    def instructions(self) -> list[Instruction]:
        return [item for item in self.body if isinstance(item, Instruction)]


def parse(text: str) -> Kernel:
    """Read the only kernel of a module."""
    # Comments go, line numbers stay.
    text = _COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
    text = _UPPER_HALF.sub(r"mov.b64 {_, \1}, \2;", text)
    entries = list(_ENTRY.finditer(text))
    if len(entries) != 1 or ".func" in text:
        raise UnknownPtxError(f"expected one kernel and no function, found {len(entries)} kernels")
    entry = entries[0]
    target = re.search(r"\.target\s+(\w+)", text)
    kernel = Kernel(entry[1], target[1] if target else "")
    offset = 0
    for declared in filter(None, map(str.strip, entry[2].split(","))):
        match = _PARAM.match(declared)
        if not match:
            raise UnknownPtxError(f"unknown parameter: {declared}")
        size = BYTES[match[1]]
        offset = -(-offset // size) * size
        kernel.params[match[2]] = (match[1], offset)
        offset += size
    for statement in text[: entry.start()].split(";"):
        if ".shared" in statement:
            _declare_shared(kernel, statement[statement.index(".shared") :].strip())
    start = entry.end()
    _read_body(kernel, text[start : text.rindex("}")], 1 + text.count("\n", 0, start))
    return kernel


def _read_body(kernel: Kernel, body: str, line: int) -> None:
    for raw in body.split(";"):
        at = line + raw[: len(raw) - len(raw.lstrip())].count("\n")
        line += raw.count("\n")
        statement = raw.strip()
        while match := _LABEL.match(statement):
            kernel.body.append(Label(match[1]))
            statement = statement[match.end() :]
        if not statement or statement.startswith(_IGNORED):
            continue
        if statement.startswith(".reg"):
            _declare_registers(kernel, statement)
        elif statement.startswith(".shared"):
            _declare_shared(kernel, statement)
        else:
            kernel.body.append(_instruction(statement, at))


def _instruction(statement: str, line: int) -> Instruction:
    match = _STATEMENT.match(statement)
    if not match:
        raise UnknownPtxError(f"unknown statement at line {line}: {statement}")
    # Commas inside brackets and braces belong to one operand.
    operands = re.findall(r"(?:\{[^}]*\}|\[[^\]]*\]|[^,\s])+", match[4])
    guard = match[1] + match[2] if match[2] else ""
    return Instruction(line, guard, match[3], tuple(operands))


def _declare_registers(kernel: Kernel, statement: str) -> None:
    match = _REGISTERS.match(statement)
    if not match or match[1] not in BYTES:
        raise UnknownPtxError(f"unknown declaration: {statement}")
    for name in map(str.strip, match[2].split(",")):
        if counted := re.match(r"(%\w+)<(\d+)>$", name):
            names = [f"{counted[1]}{i}" for i in range(int(counted[2]))]
        else:
            names = [name]
        kernel.registers |= dict.fromkeys(names, match[1])


def _declare_shared(kernel: Kernel, statement: str) -> None:
    match = _MEMORY.match(statement)
    if not match:
        raise UnknownPtxError(f"unknown declaration: {statement}")
    align = int(match[1] or BYTES[match[2]])
    kernel.shared_bytes = -(-kernel.shared_bytes // align) * align
    kernel.shared[match[3]] = kernel.shared_bytes
    kernel.shared_bytes += int(match[4] or 1) * BYTES[match[2]]
