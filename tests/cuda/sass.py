# SPDX-License-Identifier: Apache-2.0
"""Machine code without a GPU: what ptxas makes of PTX, and how long its loops are.

A loop is a natural loop of the control-flow graph: the header of a back edge and whatever reaches
that edge without passing the header (A. V. Aho et al., Compilers, 2nd ed., section 9.6.6). Its
length is the number of SASS instructions in it, all branches of it counted, inner loops counted
once, subroutines that it calls (64-bit division) not counted.
"""

from __future__ import annotations

import importlib.util
import re
import subprocess
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from powermodel_kernels.cuda.code import tools
from tests.cuda.kept import kept_text

_INSTRUCTION = re.compile(r"/\*([0-9a-f]{4,})\*/\s+(?:@(!?U?P\w+)\s+)?([A-Z][\w.]*)\s*(.*?)\s*;")
_LABEL = re.compile(r"^\s*(\.L_x_\w+):")
_TARGET = re.compile(r"`\((\.L_x_\w+)\)")
_BETWEEN = "\n---- SASS ----\n"
_ENDS = {"EXIT", "RET"}
_SAME = {"REDG": "RED"}
"""Of newer architectures: another name for the same."""


@dataclass(frozen=True)
class Resources:
    """What ptxas says of a kernel."""

    registers: int
    shared_bytes: int
    stack_bytes: int
    spill_bytes: int


@dataclass(frozen=True)
class _Line:
    opcode: str
    conditional: bool
    target: str


def tool(name: str) -> Path:
    """Return the path of a tool of the CUDA toolkit that is installed as a Python package."""
    spec = importlib.util.find_spec("nvidia")
    places = (
        [Path(p, "cu13", "bin") for p in (spec.submodule_search_locations or [])] if spec else []
    )
    for place in places:
        if (place / name).is_file():
            return place / name
    raise RuntimeError(f"{name} of CUDA 13 is not here: install requirements/dev.lock")


def assemble(ptx: str, architecture: str) -> tuple[Resources, list[str]]:
    """Return what ptxas says of the PTX of one kernel, and its SASS, line by line."""
    text = kept_text("sass", f"{architecture} {tools()}\n{ptx}", lambda: _both(ptx, architecture))
    said, _, code = text.partition(_BETWEEN)
    return _resources(said), code.splitlines()


def _both(ptx: str, architecture: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        source, cubin = Path(folder, "kernel.ptx"), Path(folder, "kernel.cubin")
        source.write_text(ptx, encoding="utf-8")
        said = _run(tool("ptxas"), "-v", f"-arch={architecture}", str(source), "-o", str(cubin))
        return said + _BETWEEN + _run(tool("nvdisasm"), "-c", str(cubin))


def _run(path: Path, *arguments: str) -> str:
    done = subprocess.run([path, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{path.name} refused: {(done.stderr or done.stdout)[:2000]}")
    return done.stdout + done.stderr


def _resources(said: str) -> Resources:
    def number(pattern: str) -> int:
        found = re.search(pattern, said)
        return int(found[1]) if found else 0

    return Resources(
        number(r"Used (\d+) registers"),
        number(r"(\d+) bytes smem"),
        number(r"(\d+) bytes stack frame"),
        number(r"(\d+) bytes spill stores") + number(r"(\d+) bytes spill loads"),
    )


class Code:
    """The SASS of one kernel, without the subroutines that follow it."""

    def __init__(self, lines: list[str]) -> None:
        self.lines: list[_Line] = []
        self._labels: dict[str, int] = {}
        for line in lines:
            if line.lstrip().startswith("$__internal"):
                break
            if label := _LABEL.match(line):
                self._labels[label[1]] = len(self.lines)
            elif match := _INSTRUCTION.search(line):
                self.lines.append(self._line(match))

    @staticmethod
    def _line(match: re.Match[str]) -> _Line:
        opcode, operands = match[3].split(".")[0], match[4]
        opcode = _SAME.get(opcode, opcode)
        target = _TARGET.search(operands) if opcode == "BRA" else None
        before = operands[: target.start()] if target else ""
        conditional = bool(match[2]) or "P" in before
        return _Line(opcode, conditional, target[1] if target else "")

    def shortest_loop(self, opcode: str, times: int = 1) -> int:
        """Return the length of the shortest loop that has an instruction so many times."""
        return len(self.loop(opcode, times))

    def loop(self, opcode: str, times: int = 1) -> set[int]:
        """Return that loop: the numbers of its lines."""
        found = [body for body in self._loops().values() if self.count(body, opcode) >= times]
        if not found:
            raise ValueError(f"no loop has {opcode} {times} times")
        return min(found, key=len)

    def once(self, body: set[int]) -> set[int]:
        """Return what of a loop is in no loop within it."""
        inner = [other for other in self._loops().values() if other < body]
        return body.difference(*inner)

    def count(self, body: set[int], opcode: str) -> int:
        """Return how many of some lines have an instruction."""
        return sum(self.lines[i].opcode == opcode for i in body)

    def _next(self, i: int) -> list[int]:
        line = self.lines[i]
        after = [i + 1] if i + 1 < len(self.lines) else []
        if line.target:
            # A label past the kernel is the end of its text.
            jump = [t for t in [self._labels.get(line.target, -1)] if 0 <= t < len(self.lines)]
            return jump + (after if line.conditional else [])
        return [] if line.opcode in _ENDS and not line.conditional else after

    def _loops(self) -> dict[int, set[int]]:
        """Return the body of each loop by its header."""
        before: dict[int, list[int]] = defaultdict(list)
        for i in range(len(self.lines)):
            for j in self._next(i):
                before[j].append(i)
        bodies: dict[int, set[int]] = {}
        for i in range(len(self.lines)):
            for header in self._next(i):
                if header <= i and self._dominates(header, i):
                    bodies.setdefault(header, {header}).update(_reaching(i, header, before))
        return bodies

    def _dominates(self, header: int, i: int) -> bool:
        """Tell whether every way from the entry to ``i`` passes the header."""
        seen, todo = set(), [0] if header else []
        while todo:
            at = todo.pop()
            if at not in seen and at != header:
                seen.add(at)
                todo += self._next(at)
        return i not in seen


def _reaching(i: int, header: int, before: dict[int, list[int]]) -> set[int]:
    seen, todo = {header}, [i]
    while todo:
        at = todo.pop()
        if at not in seen:
            seen.add(at)
            todo += before[at]
    return seen
