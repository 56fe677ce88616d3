# SPDX-License-Identifier: Apache-2.0
"""Where scenarios are: a file of the user's, or one that is shipped."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

import powermodel_datasets
from powermodel.errors import ScenarioError

_SHIPPED = Path(powermodel_datasets.__file__).parent / "scenarios"
_SUFFIXES = (".yaml", ".yml")


def shipped() -> list[str]:
    """Return the names of the shipped scenarios."""
    return sorted(path.stem for path in _SHIPPED.glob("*.yaml"))


def find(source: str | os.PathLike[str]) -> Path:
    """Return the file of a scenario.

    Parameters
    ----------
    source : str or path
        A file, or the name of a shipped scenario.

    Raises
    ------
    ScenarioError
        If there is neither; lists the shipped ones.
    """
    path = Path(source)
    if path.suffix in _SUFFIXES or len(path.parts) > 1 or isinstance(source, os.PathLike):
        return path
    if str(source) in shipped():
        return _SHIPPED / f"{source}.yaml"
    close = difflib.get_close_matches(str(source), shipped(), n=1)
    hint = "a file ends in .yaml"
    if path.suffix == ".zarr":
        hint = "the scenario comes first, the store after it"
    raise ScenarioError(
        f"no shipped scenario {str(source)!r}; shipped: {', '.join(shipped())}",
        hint=f"did you mean {close[0]!r}?" if close else hint,
    )


def text_of(path: Path) -> str:
    """Return the text of a scenario file.

    Raises
    ------
    ScenarioError
        If it cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ScenarioError(f"not a text file in UTF-8: {error.reason}", where=str(path)) from None
    except OSError as error:
        raise ScenarioError(
            f"cannot read the scenario: {error.strerror}",
            where=str(path),
            hint=f"shipped scenarios: {', '.join(shipped())}" if not path.exists() else None,
        ) from None
