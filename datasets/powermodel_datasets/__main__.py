# SPDX-License-Identifier: Apache-2.0
"""``python -m powermodel_datasets``: check every record, exit 1 if any of them is wrong."""

from __future__ import annotations

import sys
from pathlib import Path

from powermodel_datasets.errors import RecordError
from powermodel_datasets.library import Library


def report(library: Library) -> tuple[str, bool]:
    """Return the check report and whether everything holds.

    Parameters
    ----------
    library : Library
        What to check.
    """
    problems = library.problems()
    lines = []
    for kind in library.kinds():
        names = library.names(kind)
        lines.append(
            f"{kind:12} {len(names):4} records {_count_values(library, kind, names):5} values"
        )
    lines += [f"WRONG  {problem}" for problem in problems]
    lines.append(f"{len(problems)} problems" if problems else "every record holds")
    return "\n".join(lines) + "\n", not problems


def _count_values(library: Library, kind: str, names: list[str]) -> int:
    count = 0
    for name in names:
        try:
            count += len(library.load(kind, name))
        except RecordError:
            continue  # stands among the problems
    return count


def main() -> int:
    """Check the records that are shipped; return the exit status."""
    text, holds = report(Library(Path(__file__).parent / "records"))
    sys.stdout.write(text)
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
