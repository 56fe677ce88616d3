# SPDX-License-Identifier: Apache-2.0
"""From what pydantic found to what the user reads: path in the file, line, expectation, cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from powermodel.errors import Problem, UnitError
from powermodel.scenario.base import Finding, InvalidError, Path
from powermodel.scenario.reading import Document

_CONTAINERS: dict[type, str] = {dict: "a mapping", list: "a list", tuple: "a list"}


def problems(error: ValidationError, document: Document) -> list[Problem]:
    """Return every problem of a validation with its place in the document."""
    found = []
    for details in error.errors(include_url=False):
        for finding in _findings(details):
            place = _place((*details["loc"], *finding.at), document)
            found.append(Problem(finding.message, _where(place, document), finding.hint))
    return found


def dotted(path: Sequence[str | int]) -> str:
    """Write a path: ``jobs[0].program.iteration[2].duration``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _findings(details: ErrorDetails) -> Iterator[Finding]:
    """Yield what one pydantic error says, in our words; `at` is below the error's own place."""
    context: dict[str, Any] = details.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, InvalidError):
        yield from cause.findings
    elif isinstance(cause, UnitError):
        yield Finding(cause.message, hint=cause.hint)
    else:
        yield Finding(_message(details, context))


def _message(details: ErrorDetails, context: dict[str, Any]) -> str:
    got = details["input"]
    shown = _CONTAINERS.get(type(got), repr(got))
    match details["type"]:
        case "missing":
            return "missing"
        case "literal_error":
            return f"expected {context['expected']}, got {shown}"
        case "string_type":
            return f"expected a text, got {shown}"
        case "tuple_type":
            return f"expected a list, got {shown}"
        case "bool_type" | "bool_parsing":
            return f"expected true or false, got {shown}"
        case _:
            return f"{details['msg']}, got {shown}"


def _place(location: Sequence[str | int], document: Document) -> Path:
    """Return the path as the file has it, without union tags.

    `phases` is left out where a bare list stands, and, where there is no file, of every phase: so
    the path is as short as one types it.
    """
    path: Path = ()
    data = document.data
    parts = [part for part in location if not (isinstance(part, str) and part.startswith("<"))]
    for part, following in zip(parts, [*parts, None][1:], strict=True):
        if part == "phases" and isinstance(data, list):
            continue
        if not (part == "phases" and isinstance(following, int) and not document.lines):
            path = (*path, part)
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
    return path


def _where(path: Path, document: Document) -> str | None:
    line = document.line(path)
    return f"{dotted(path)} (line {line})" if line else dotted(path) or None
