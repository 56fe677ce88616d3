# SPDX-License-Identifier: Apache-2.0
"""``powermodel plot``: a picture of a run, or of two."""

from __future__ import annotations


def plot(store: str, picture: str, /, *, beside: str = "") -> None:
    """Draw a run: its whole time, its largest ramp, its spectrum.

    Parameters
    ----------
    store : str
        The run, as powermodel run wrote it.
    picture : str
        The file to write: .png, .svg or .pdf.
    beside : str
        Another run, such as the same without batteries: both are drawn over their whole time, load,
        POI, machines, batteries and hertz.
    """
    from powermodel.report import plot_run
    from powermodel.store import open_run

    if not beside:
        print(plot_run(open_run(store), picture))
        return
    from powermodel.report.beside import plot_beside

    runs = [(_name(one), open_run(one)) for one in (store, beside)]
    print(plot_beside(runs[0], runs[1], picture))


def _name(store: str) -> str:
    """Return the last part of an address, without its ending."""
    return store.rstrip("/").rpartition("/")[2].removesuffix(".zarr")
