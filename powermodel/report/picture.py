# SPDX-License-Identifier: Apache-2.0
"""A file for people, checked before the work that fills it: a picture, or the target of a page."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from powermodel.report.errors import ReportError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg", ".pdf")

WIDTH_IN = 12.0
_DPI = 150


def picture(
    path: str | os.PathLike[str], draw: Callable[[Figure], None], *, height_in: float = 6.0
) -> Path:
    """Make a figure of the common width, let it be drawn, and write it.

    Parameters
    ----------
    path : path-like
        The picture: .png, .svg or .pdf.
    draw : callable
        Draws on the empty figure; called only if there can be a picture.
    height_in : float
        Height of the figure [in].

    Returns
    -------
    Path
        Where the picture is.

    Raises
    ------
    ReportError
        If the format is unknown or the picture cannot be written.
    """
    from matplotlib.figure import Figure

    target = checked_target(Path(path), "picture", FORMATS)
    figure = Figure(figsize=(WIDTH_IN, height_in), dpi=_DPI, layout="constrained")
    draw(figure)
    _save(figure, target)
    return target


def checked_target(path: Path, kind: str, formats: tuple[str, ...]) -> Path:
    """Return the path of a file for people, or say why none can be there.

    Parameters
    ----------
    path : Path
        Of the file.
    kind : str
        What it is called in the message, such as ``"page"``.
    formats : tuple of str
        Endings that it may have; the first one is proposed.
    """
    if path.suffix.lower() not in formats:
        came = repr(path.suffix) if path.suffix else "none"
        raise ReportError(
            f"unknown format of a {kind}: expected {', '.join(formats)}, got {came}",
            where=str(path),
            hint=f"write to {path.with_suffix(formats[0]).name}",
        )
    if not path.parent.is_dir():
        raise ReportError(
            f"there is no folder {path.parent}", where=str(path), hint="make the folder first"
        )
    return path


def _save(figure: Figure, path: Path) -> None:
    import matplotlib

    # Neither dates nor random ids: the same run gives the same bytes.
    dateless = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    metadata = dateless.get(path.suffix.lower(), {})
    try:
        with matplotlib.rc_context({"svg.hashsalt": "powermodel"}):
            figure.savefig(path, metadata=metadata)
    except OSError as error:
        raise ReportError(
            f"the picture cannot be written: {error.strerror or error}", where=str(path)
        ) from error
