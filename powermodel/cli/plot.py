# SPDX-License-Identifier: Apache-2.0
"""``powermodel plot``: a picture of a run."""

from __future__ import annotations


def plot(store: str, picture: str, /) -> None:
    """Draw a run: its whole time, its largest ramp, its spectrum.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    picture : str
        The file to write: .png, .svg or .pdf.
    """
    from powermodel.report import plot_run
    from powermodel.store import open_run

    print(plot_run(open_run(store), picture))
