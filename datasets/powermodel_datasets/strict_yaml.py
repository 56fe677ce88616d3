# SPDX-License-Identifier: Apache-2.0
"""YAML without surprises: a key twice is refused, dates stay text."""

from __future__ import annotations

from typing import Any

import yaml

from powermodel_datasets.errors import RecordError


# The loader in C, much faster, where PyYAML was built with it.
class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Safe YAML that keeps dates as text and refuses a key that is written twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own class attribute
        first: [(tag, regexp) for tag, regexp in found if not tag.endswith(":timestamp")]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: dict[Any, int] = {}
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            line = key_node.start_mark.line + 1
            if key in seen:
                raise RecordError(f"duplicate key {key!r} in lines {seen[key]} and {line}")
            seen[key] = line
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(text: str) -> dict[str, Any]:
    """Read a YAML mapping strictly.

    Raises
    ------
    RecordError
        If it is not YAML, not a mapping, or has a key twice.
    """
    try:
        content = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise RecordError(f"not readable as YAML: {error}") from None
    if not isinstance(content, dict):
        raise RecordError("expected a mapping with 'title' and 'values'")
    return content
