# SPDX-License-Identifier: Apache-2.0
"""Every law there is, found by name, and the loop that runs all laws of a module, on any target.

A law is a public function of ``powermodel_kernels.laws`` whose parameters are all annotated
``Any``: scalars of whatever the target has. Functions of ``float`` are closed forms of the host.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np

import powermodel_kernels.laws as package
from tests.cuda.law_arguments import ARGUMENTS, Column

KINDS = {"f": np.float32, "i": np.int32, "l": np.int64, "u": np.uint64, "b": np.bool_}
"""Types of scalars, by the letter of the array that holds their columns."""
_LETTERS = {np.dtype(kind): letter for letter, kind in KINDS.items()}
SAMPLES = 48
"""Calls of each law."""

_HEAD = "def calls(which, {arrays}):\n"
LOOP = _HEAD + "    for k in range(f.shape[1]):\n{body}"
KERNEL = _HEAD + "    k = cuda.grid(1)\n    if k < f.shape[1]:\n{body}"
"""The same calls, on the CPU one after another and on a GPU one per thread."""

Tables = dict[str, Any]
"""Arrays (row, sample) by letter."""


@cache
def laws() -> dict[str, FunctionType]:
    """Return every law as module.name, in order."""
    found = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        for name, value in vars(module).items():
            if isinstance(value, FunctionType) and value.__module__ == module.__name__:
                kinds = [p.annotation for p in inspect.signature(value).parameters.values()]
                if not name.startswith("_") and kinds and all(kind is Any for kind in kinds):
                    found[f"{info.name}.{name}"] = value
    return dict(sorted(found.items()))


def modules() -> list[str]:
    """Return the modules that hold laws of which arguments are known."""
    return sorted({name.split(".")[0] for name in laws() if name in ARGUMENTS})


def undeclared(known: dict[str, Any]) -> str:
    """Return a sentence for every law without arguments and for arguments without a law."""
    missing = [
        f"{name}{inspect.signature(law)} has no arguments: add them to tests/cuda/law_arguments.py"
        for name, law in laws().items()
        if name not in known
    ]
    stale = [f"{name} is no law: take it out of tests/cuda/law_arguments.py" for name in known]
    return "\n".join([*missing, *(text for text in stale if text.split()[0] not in laws())])


@dataclass(frozen=True)
class Calls:
    """The laws of one module, called on their columns."""

    module: str

    @property
    def names(self) -> list[str]:
        return [n for n in laws() if n in ARGUMENTS and n.split(".")[0] == self.module]

    def inputs(self, name: str) -> Tables:
        """Return what a law is called with: drawn once for all targets, edges first."""
        rng = np.random.default_rng(abs(hash_of(name)))
        drawn = defaultdict(list)
        for column in _columns(ARGUMENTS[name]):
            drawn[_LETTERS[np.dtype(column.kind)]].append(column.draw(rng, SAMPLES))
        return {letter: _table(drawn[letter], kind) for letter, kind in KINDS.items()}

    def expected(self, name: str) -> list[Any]:
        """Return what the interpreter says, one array for each number that the law returns."""
        names: dict[str, Any] = {"law": laws()[name], **_tuples(ARGUMENTS[name])}
        call = compile(_call("law", ARGUMENTS[name]), name, "eval")
        tables = self.inputs(name)
        rows = [list(_flat(eval(call, {**names, **tables, "k": k}))) for k in range(SAMPLES)]
        for column in zip(*rows, strict=True):
            kinds = {type(value) for value in column}
            if len(kinds) > 1 or not kinds <= set(KINDS.values()):
                said = ", ".join(sorted(kind.__name__ for kind in kinds))
                raise TypeError(f"{name} returns {said}; expected one of float32, int32, int64 ...")
        return [np.array(column) for column in zip(*rows, strict=True)]

    def function(self, frame: str, **names: Any) -> FunctionType:
        """Return the calls of all laws in a frame; ``which`` chooses the law."""
        lines = []
        for which, name in enumerate(self.names):
            lines.append(f"        if which == {which}:")
            lines.append(f"            r = {_call(f'law{which}', ARGUMENTS[name])}")
            for letter, row, path in self._places(name):
                lines.append(f"            out_{letter}[{row}, k] = r{path}")
            names |= {f"law{which}": laws()[name], **_tuples(ARGUMENTS[name])}
        arrays = ", ".join([*KINDS, *(f"out_{letter}" for letter in KINDS)])
        exec(frame.format(arrays=arrays, body="\n".join(lines)), names)
        made: FunctionType = names["calls"]
        return made

    def run(self, call: Callable[..., None], name: str) -> list[Any]:
        """Return what a target says of a law; ``call`` takes ``which`` and the arrays."""
        places = self._places(name)
        rows = {letter: [p for p in places if p[0] == letter] for letter in KINDS}
        out = {c: np.zeros((max(1, len(rows[c])), SAMPLES), kind) for c, kind in KINDS.items()}
        call(self.names.index(name), *self.inputs(name).values(), *out.values())
        return [out[letter][row] for letter, row, _ in places]

    def _places(self, name: str) -> list[tuple[str, int, str]]:
        """Return letter, row and path of each number that a law returns."""
        _, value = self._first(name)
        used: dict[str, int] = defaultdict(int)
        places = []
        for path, number in _paths(value):
            letter = _LETTERS[np.dtype(type(number))]
            places.append((letter, used[letter], path))
            used[letter] += 1
        return places

    def _first(self, name: str) -> tuple[str, Any]:
        names = {"law": laws()[name], **_tuples(ARGUMENTS[name]), **self.inputs(name), "k": 0}
        text = _call("law", ARGUMENTS[name])
        return text, eval(text, names)


def hash_of(name: str) -> int:
    """Return a number that is the same in every interpreter, unlike ``hash``."""
    return int.from_bytes(name.encode()[-8:], "little")


def differences(name: str, found: list[Any], expected: list[Any]) -> list[str]:
    """Return where results are not the same bits, in words.

    Zero is one value: the larger of −0 and 0 is 0 on a GPU and the first of them in Python.
    """
    return [
        f"{name}, result {number}, call {k}: {a[k]!r}, expected {b[k]!r}"
        for number, (a, b) in enumerate(zip(found, expected, strict=True))
        for k in range(SAMPLES)
        if a[k].tobytes() != b[k].tobytes() and not a[k] == b[k] == 0
    ]


def _table(columns: list[Any], kind: type) -> Any:
    return np.array(columns, kind) if columns else np.zeros((1, SAMPLES), kind)


def _columns(argument: Any) -> Iterator[Column]:
    """Yield the columns of arguments, those inside of tuples too, in order."""
    for item in argument:
        if isinstance(item, Column):
            yield item
        else:
            yield from _columns(item)


def _tuples(argument: Any) -> dict[str, type]:
    """Return the named tuples among arguments, by name."""
    found = {} if type(argument) is tuple else {type(argument).__name__: type(argument)}
    for item in argument:
        if not isinstance(item, Column):
            found |= _tuples(item)
    return found


def _call(name: str, arguments: Any) -> str:
    """Return the call of a law on the columns of sample k."""
    used: dict[str, int] = defaultdict(int)

    def text(argument: Any) -> str:
        if isinstance(argument, Column):
            letter = _LETTERS[np.dtype(argument.kind)]
            used[letter] += 1
            return f"{letter}[{used[letter] - 1}, k]"
        inner = "".join(f"{text(item)}, " for item in argument)
        return f"({inner})" if type(argument) is tuple else f"{type(argument).__name__}({inner})"

    return f"{name}({', '.join(text(argument) for argument in arguments)})"


def _paths(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield how each number of a result is reached."""
    if isinstance(value, tuple):
        for n, item in enumerate(value):
            yield from _paths(item, f"{path}[{n}]")
    else:
        yield path, value


def _flat(value: Any) -> Iterator[Any]:
    for _, number in _paths(value):
        yield number
