# SPDX-License-Identifier: Apache-2.0
"""YAML as scenarios use it: plain values as in JSON, no key twice, a line for each value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, ClassVar

import yaml

from powermodel.errors import ScenarioError
from powermodel.scenario.base import Path

# YAML 1.1 reads `no`, `1:30` and 2026-01-01 as something other than text, and 1e3 as text.
# Reader and writer share this smaller table, that of JSON.
_PLAIN = (
    ("null", r"(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"[-+]?[0-9][0-9_]*$", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$|[-+]?\.inf$|\.nan$",
        list("-+.0123456789"),
    ),
)


# The loader in C, much faster, where PyYAML was built with it.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    # PyYAML's way to drop the inherited table.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = {}  # noqa: RUF012  (PyYAML's way to drop the inherited table)

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> yaml.Node:
    # Unicode's other line breaks are only kept inside double quotes.
    style = '"' if any(mark in text for mark in "\x85\u2028\u2029\ufeff") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _represent_text)
for _kind, _pattern, _first in _PLAIN:
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(_pattern), _first)


@dataclass(frozen=True, slots=True)
class Document:
    """The data of a YAML file, and the line on which each of it begins."""

    data: Any
    lines: dict[Path, int]
    source: str | None = None

    def line(self, path: Path) -> int | None:
        """Return the line of `path`, or of the nearest thing around it that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path) if path else None


def read(text: str, source: str | None = None) -> Document:
    """Read one YAML document.

    Parameters
    ----------
    text : str
        The document.
    source : str, optional
        Name of the file, for messages.

    Raises
    ------
    ScenarioError
        Not valid YAML, a key twice, or a value that is not plain data.
    """
    lines: dict[Path, int] = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        raise _error(f"not valid YAML: {problem}", source, mark and mark.line + 1) from None
    if node is None:
        raise _error("the file is empty", source, None)
    return Document(_build(node, (), lines, source, frozenset()), lines, source)


def write(data: Any) -> str:
    """Write plain data as YAML that `read` reads as the same data."""
    text: str = yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text


def _error(message: str, source: str | None, line: int | None) -> ScenarioError:
    place = f"{source or 'text'} (line {line})" if line else source
    return ScenarioError(message, where=place)


def _build(
    node: yaml.Node,
    path: Path,
    lines: dict[Path, int],
    source: str | None,
    above: frozenset[int],
) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if id(node) in above:
        raise _error("an alias that contains itself", source, line)
    above |= {id(node)}
    if isinstance(node, yaml.SequenceNode):
        return [
            _build(item, (*path, index), lines, source, above)
            for index, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, key_line = key_node.value, key_node.start_mark.line + 1
            if not isinstance(key, str):
                raise _error("expected a text as key, got a list or mapping", source, key_line)
            if key in found:
                first = lines[(*path, key)]
                message = f"key {key!r} twice: first on line {first}, again on line {key_line}"
                raise _error(message, source, key_line)
            lines[(*path, key)] = key_line
            found[key] = _build(value_node, (*path, key), lines, source, above)
        return found
    return _scalar(node, source, line)


def _scalar(node: yaml.Node, source: str | None, line: int) -> Any:
    kind = node.tag.removeprefix("tag:yaml.org,2002:")
    text = str(node.value)
    if kind == "str":
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    if kind == "int":
        return int(text)
    if kind == "float":
        return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    raise _error(f"cannot read a value with the tag {node.tag!r}", source, line)
