# SPDX-License-Identifier: Apache-2.0
"""What a run has measured so far, as bytes: numbers, arrays and records, never code.

A state may come from a store that someone else wrote, so nothing in it is executed: a record is
named by its class, which must be one of powermodel's.
"""

from __future__ import annotations

import importlib
import io
import json
import zipfile
import zlib
from dataclasses import fields, is_dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numcodecs import Blosc

_TREE = "tree"
_OWN = "powermodel"
_PACKER = Blosc("lz4", 1, Blosc.SHUFFLE)
"""A state is written often and read once: zlib at its quickest took ten times as long."""
_WORD = 8
_PIECE = 2**23
"""Words that are packed as one; Blosc takes less than 2 GiB."""
_LENGTH = "<u8"
_CHECKSUM = 4


def to_bytes(value: Any) -> bytes:
    """Write a value made of None, numbers, texts, arrays, tuples, lists, dicts and records.

    Raises
    ------
    TypeError
        If there is something else in it.
    """
    arrays: dict[str, np.ndarray] = {}
    tree = json.dumps(_taken_apart(value, arrays))
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, **{_TREE: np.array(tree)}, **arrays)
    return _packed(content.getvalue())


def of_bytes(data: bytes) -> Any:
    """Read what `to_bytes` wrote.

    Raises
    ------
    ValueError
        If the bytes are damaged.
    """
    try:
        with np.load(io.BytesIO(_unpacked(data)), allow_pickle=False) as arrays:
            return _put_together(json.loads(arrays[_TREE].item()), arrays)
    except (zipfile.BadZipFile, EOFError, KeyError, AttributeError) as error:
        raise ValueError(f"expected a saved state, got damaged bytes: {error}") from None


def _packed(content: bytes) -> bytes:
    """Return bytes in less room: number and lengths of pieces, the pieces, a checksum."""
    words = np.frombuffer(content + bytes(-len(content) % _WORD), np.uint64)
    pieces = [_PACKER.encode(words[at : at + _PIECE]) for at in range(0, words.size, _PIECE)]
    head = np.array([len(pieces), len(content), *map(len, pieces)], _LENGTH)
    body = b"".join([head.tobytes(), *pieces])
    return body + zlib.crc32(body).to_bytes(_CHECKSUM, "little")


def _unpacked(data: bytes) -> bytes:
    """Return what `_packed` was given; the checksum comes before all else is believed."""
    body, checksum = data[:-_CHECKSUM], data[-_CHECKSUM:]
    if zlib.crc32(body).to_bytes(_CHECKSUM, "little") != checksum:
        raise ValueError("expected a saved state, got damaged bytes")
    count, length = np.frombuffer(body, _LENGTH, 2).tolist()
    ends = (2 + count) * _WORD + np.cumsum(np.frombuffer(body, _LENGTH, count, 2 * _WORD))
    begins = [(2 + count) * _WORD, *ends[:-1].tolist()]
    pieces = [body[begin:end] for begin, end in zip(begins, ends.tolist(), strict=True)]
    return b"".join(map(_PACKER.decode, pieces))[:length]


def _taken_apart(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int | float) and not isinstance(value, np.generic):
        return value
    if isinstance(value, np.ndarray | np.generic):
        name = f"array{len(arrays)}"
        arrays[name] = np.asarray(value)
        return {"array": name, "scalar": isinstance(value, np.generic)}
    if isinstance(value, Fraction):
        return {"fraction": [value.numerator, value.denominator]}
    if isinstance(value, dict):
        return {"dict": [[key, _taken_apart(one, arrays)] for key, one in value.items()]}
    if isinstance(value, list):
        return [_taken_apart(one, arrays) for one in value]
    if is_dataclass(value) and not isinstance(value, type):
        parts = [_taken_apart(getattr(value, one.name), arrays) for one in fields(value)]
        return {"record": _name_of(type(value)), "parts": parts}
    if type(value) is tuple:
        return {"tuple": [_taken_apart(one, arrays) for one in value]}
    raise TypeError(f"expected plain data, got {type(value).__name__}")


def _put_together(tree: Any, arrays: Any) -> Any:
    if isinstance(tree, list):
        return [_put_together(one, arrays) for one in tree]
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        array = arrays[tree["array"]]
        return array[()] if tree["scalar"] else array
    if "fraction" in tree:
        return Fraction(*tree["fraction"])
    if "dict" in tree:
        return {key: _put_together(one, arrays) for key, one in tree["dict"]}
    if "tuple" in tree:
        return tuple(_put_together(one, arrays) for one in tree["tuple"])
    return _class_of(tree["record"])(*(_put_together(one, arrays) for one in tree["parts"]))


def _name_of(kind: type) -> str:
    return f"{kind.__module__}:{kind.__qualname__}"


def _class_of(name: str) -> type:
    module, _, qualified = name.partition(":")
    if module.partition(".")[0] != _OWN:
        raise ValueError(f"expected a record of powermodel, got {name}")
    kind = getattr(importlib.import_module(module), qualified)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        raise ValueError(f"expected a record of powermodel, got {name}")
    return kind
