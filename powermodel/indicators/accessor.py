# SPDX-License-Identifier: Apache-2.0
"""The ``.grid`` accessor: ``run.grid.ramp(window="1 s")`` on DataArray, Dataset and DataTree.

Importing this module registers it. Every method is the function of the same name in
`powermodel.indicators.labelled`.
"""

from __future__ import annotations

from collections.abc import Iterable

import xarray as xr

from powermodel.indicators import labelled
from powermodel.indicators.flicker import Flicker
from powermodel.indicators.frequency_bands import GRID_BANDS_HZ, Band
from powermodel.indicators.indicator import Summary
from powermodel.indicators.labelled_flicker import flicker
from powermodel.indicators.power_ramps import Definition
from powermodel.indicators.segments import Detrend
from powermodel.indicators.series import Labelled
from powermodel.indicators.spectral_lines import Line


@xr.register_datatree_accessor("grid")  # type: ignore[no-untyped-call]
@xr.register_dataset_accessor("grid")  # type: ignore[no-untyped-call]
@xr.register_dataarray_accessor("grid")  # type: ignore[no-untyped-call]
class GridAccessor:
    """What the grid sees of a power."""

    def __init__(self, subject: Labelled) -> None:
        self._subject = subject

    def ramp(self, window: str = "1 s", definition: Definition = "endpoint") -> xr.Dataset:
        """Largest change within a window, see `labelled.ramp`."""
        return labelled.ramp(self._subject, window, definition)

    def band(
        self,
        lower: str,
        upper: str,
        *,
        segment: str | None = None,
        window: str = "boxcar",
        overlap: float = 0.5,
        detrend: Detrend = "constant",
    ) -> xr.Dataset:
        """Energy and summed magnitude inside a band, see `labelled.band`."""
        return labelled.band(
            self._subject,
            lower,
            upper,
            segment=segment,
            window=window,
            overlap=overlap,
            detrend=detrend,
        )

    def spectrum(
        self,
        *,
        segment: str | None = None,
        window: str = "hann",
        overlap: float = 0.5,
        detrend: Detrend = "constant",
    ) -> xr.Dataset:
        """Welch spectrum, see `labelled.spectrum`."""
        return labelled.spectrum(
            self._subject, segment=segment, window=window, overlap=overlap, detrend=detrend
        )

    def lines(self, count: int = 5, *, segment: str | None = None) -> list[Line]:
        """Strongest lines, see `labelled.lines`."""
        return labelled.lines(self._subject, count, segment=segment)

    def flicker(
        self,
        *,
        short_circuit: str,
        x_over_r: float,
        power_factor: float,
        mains: str,
        lamp: str | None = None,
    ) -> Flicker:
        """Flicker behind a Thevenin grid, see `labelled_flicker.flicker`."""
        return flicker(
            self._subject,
            short_circuit=short_circuit,
            x_over_r=x_over_r,
            power_factor=power_factor,
            mains=mains,
            lamp=lamp,
        )

    def summary(
        self,
        *,
        windows: Iterable[str] | None = None,
        bands_hz: Iterable[Band] = GRID_BANDS_HZ,
        line_count: int = 3,
    ) -> Summary:
        """All indicators of one series, see `labelled.summary`."""
        return labelled.summary(
            self._subject, windows=windows, bands_hz=bands_hz, line_count=line_count
        )
