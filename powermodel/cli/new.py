# SPDX-License-Identifier: Apache-2.0
"""``powermodel new``: a scenario to start from."""

from __future__ import annotations

import re
from pathlib import Path

from powermodel.cli.errors import CommandError
from powermodel.cli.terminal import command_line

_SUFFIXES = (".yaml", ".yml")


def new(file: Path, /, *, like: str = "colossus2-phase1") -> None:
    """Write a commented scenario to start from.

    Parameters
    ----------
    file : Path
        The scenario to write, such as study.yaml. A file that exists is left as it is.
    like : str
        The scenario to copy: a shipped one or a file.
    """
    from powermodel.scenario import files

    if file.suffix not in _SUFFIXES:
        raise CommandError(
            f"expected a file that ends in .yaml, got {file.name!r}",
            hint=f"{command_line('new', f'{file}.yaml')}",
        )
    text = _renamed(files.text_of(files.find(like)), like, file)
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise CommandError(
            "the file exists and is left as it is", where=str(file), hint="choose another name"
        ) from None
    except OSError as error:
        raise CommandError(
            f"cannot write the scenario: {error.strerror}",
            where=str(file),
            hint=None if file.parent.is_dir() else f"make the folder {file.parent} first",
        ) from None
    print(f"{file}: a copy of {like}, to be changed")
    print(f"next: {command_line('check', str(file))}")


def _renamed(text: str, like: str, file: Path) -> str:
    """Give the copy its own name and say where it comes from; all comments stay."""
    lines = text.splitlines()
    if lines and lines[0].startswith("# SPDX-"):
        lines = lines[2:] if lines[1:2] == ["#"] else lines[1:]
    head = [
        f"# Begun as a copy of {like}.",
        f"#   check it   {command_line('check', file.name)}",
        f"#   run it     {command_line('run', file.name, f'{file.stem}.zarr')}",
        f"#   try values {command_line('check', file.name, '--set', 'time.duration=10 s')}",
        "#",
    ]
    named = re.sub(r"(?m)^name:.*$", f"name: {file.stem}", "\n".join(lines), count=1)
    return "\n".join([*head, named, ""])
