# SPDX-License-Identifier: Apache-2.0
"""A response as rows: what the site does to the grid, by line, mode and frequency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from powermodel.response.curve import GridResponse
from powermodel.response.score import SCORE_DEFINITION, Score, score
from powermodel.response.twoarea import two_area_response

if TYPE_CHECKING:
    from powermodel.indicators.series import Labelled

COLUMNS = (
    "case", "screen", "place", "row", "frequency_hz", "machine", "gain_mhz_per_mw", "phase_deg",
    "damping", "site_amplitude_mw", "deviation_mhz", "definition",
)  # fmt: skip
"""Of every row, in this order; None where a column does not apply."""
_MARKED_HZ = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_MHZ_PER_MW = 1e9
_DEFINITIONS = {
    "band": SCORE_DEFINITION,
    "line": "sine of the site's power (amplitude, peak) and the largest machine's answer to it",
    "mode": "oscillation of the grid, and how strongly it answers the site there",
    "gain": "answer to a sine of one megawatt, the largest machine's",
}


def response_table(run: Labelled, response: GridResponse | None = None) -> list[dict[str, Any]]:
    """Return what a run does to a grid as rows with the columns `COLUMNS`.

    Parameters
    ----------
    run : DataTree, Dataset or DataArray
        A run (then the POI), or a power [W] over time.
    response : GridResponse, optional
        The grid; the two-area screen unless given.

    Raises
    ------
    ResponseError
        If the run is too short or too coarse.
    """
    grid = two_area_response() if response is None else response
    return rows_of(score(run, grid), grid)


def rows_of(found: Score, response: GridResponse) -> list[dict[str, Any]]:
    """Return the rows of a score: the band, the site's lines, the grid's modes, the gain."""
    rows = [
        _row(response, "band", machine=found.machine, deviation_mhz=found.rms_hz * 1e3),
        *(
            _row(
                response,
                "line",
                line.frequency_hz,
                site_amplitude_mw=line.amplitude_w / 1e6,
                deviation_mhz=line.deviation_hz * 1e3,
            )
            for line in found.lines
        ),
    ]
    rows += [_row(response, "mode", m.frequency_hz, damping=m.damping) for m in response.modes]
    return rows + [_row(response, "gain", hz) for hz in _MARKED_HZ]


def _row(
    response: GridResponse, row: str, frequency_hz: float | None = None, **more: Any
) -> dict[str, Any]:
    about = {"case": response.case, "screen": response.screen, "place": response.place, "row": row}
    at: dict[str, Any] = {}
    if frequency_hz is not None:
        gains = response.at(np.array([frequency_hz]))[:, 0]
        most = int(np.argmax(np.abs(gains)))
        at = {
            "frequency_hz": frequency_hz,
            "machine": response.machines[most],
            "gain_mhz_per_mw": float(np.abs(gains[most])) * _MHZ_PER_MW,
            "phase_deg": float(np.degrees(np.angle(gains[most]))),
        }
    known = {**about, **at, **more, "definition": _DEFINITIONS[row]}
    return {name: known.get(name) for name in COLUMNS}
