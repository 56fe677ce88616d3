# SPDX-License-Identifier: Apache-2.0
"""Text on the terminal or in a pipe: tables, JSON, notes and errors."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console

# A file or a pipe has no width: nothing is wrapped there.
_NO_WIDTH = 10_000


def console(stream: TextIO) -> Console:
    """Return a rich console that writes to `stream` as it is now."""
    from rich.console import Console

    wide = None if stream.isatty() or "COLUMNS" in os.environ else _NO_WIDTH
    return Console(file=stream, width=wide, highlight=False, markup=False, emoji=False)


def print_json(data: Any) -> None:
    """Write data as JSON that any reader takes: no NaN."""
    import json

    print(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


def print_table(
    rows: Iterable[Sequence[str]],
    *,
    header: Sequence[str] = (),
    right: Iterable[int] = (),
    whole: Iterable[int] = (0,),
) -> None:
    """Write a table to the output.

    Parameters
    ----------
    rows : iterable of sequence of str
        The cells.
    header : sequence of str
        Titles of the columns; empty for a list of labels and values.
    right : iterable of int
        Columns of numbers.
    whole : iterable of int
        Columns that are never wrapped.
    """
    from rich import box
    from rich.table import Table

    cells = [list(row) for row in rows]
    aligned, unbroken = set(right), set(whole)
    table = Table(
        box=box.SIMPLE_HEAD if header else None,
        show_header=bool(header),
        show_edge=False,
        pad_edge=False,
        header_style="bold",
        padding=(0, 2, 0, 0),
    )
    for column in range(max(map(len, cells), default=len(header))):
        table.add_column(
            header[column] if header else "",
            justify="right" if column in aligned else "left",
            style="" if header or column else "dim",
            no_wrap=column in unbroken,
            overflow="fold",
        )
    for row in cells:
        table.add_row(*row)
    target = console(sys.stdout)
    with target.capture() as captured:
        target.print(table)
    # Cells are padded to the width of their column; nobody wants that at the end of a line.
    print("\n".join(line.rstrip() for line in captured.get().splitlines()))


def print_legend(title: str, entries: Iterable[tuple[str, str]]) -> None:
    """Write what the marks in a table above stand for.

    Parameters
    ----------
    title : str
        What they are, such as ``"sources"``.
    entries : iterable of (str, str)
        Mark and meaning.
    """
    print(f"\n{title}")
    print_table(entries)


def print_note(text: str, label: str = "", style: str = "bold") -> None:
    """Write a line to the error stream, which is for people and not for a pipe.

    Parameters
    ----------
    text : str
        What to say.
    label : str
        A word before it, such as ``"warning:"``.
    style : str
        How rich shows the label.
    """
    from rich.text import Text

    sys.stdout.flush()  # what was written before comes before
    line = Text.assemble((f"{label} " if label else "", style), text)
    console(sys.stderr).print(line, soft_wrap=True)


def print_error(text: str) -> None:
    """Write an error to the error stream."""
    print_note(text, "error:", "bold red")


def command_line(*words: str) -> str:
    """Return a powermodel command as one would type it in a shell."""
    return shlex.join(["powermodel", *words])


def bytes_words(count: int) -> str:
    """Write a number of bytes for people: ``"8.4 GB"``."""
    for unit, size in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"
