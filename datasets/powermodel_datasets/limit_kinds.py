# SPDX-License-Identifier: Apache-2.0
"""The kind of record that holds one rule of a grid operator, with every choice behind it."""

from __future__ import annotations

from collections.abc import Iterator

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Find, Kind, maybe

STATUSES = ("law", "approved", "published", "proposed", "draft", "example")
"""How binding a rule is, most binding first; only ``law`` and ``approved`` bind."""

NEEDS = {
    "rolling-range": ("window",),
    "ramp": ("window",),
    "ramp-up": ("window",),
    "ramp-down": ("window",),
    "mean-ramp": ("window", "percentile"),
    "line": ("band_low", "band_high", "segment"),
    "band-energy-share": ("band_low", "band_high"),
    "voltage-step": ("window",),
    "pst": (),
    "plt": (),
    "connection-use": (),
    "beyond-the-record": (),
}
"""What each measure is computed from, beside its limit."""

_LIMITS = ("limit_power", "limit_rate", "limit_ratio", "limit_level", "limit_time")


def _has_limit(record: Record, _find: Find) -> Iterator[str]:
    """Require a limit, and what its measure is computed from."""
    if not any(name in record for name in _LIMITS):
        yield f"expected a limit: one of {', '.join(_LIMITS)}"
    for name in NEEDS[record.words["measure"]]:
        if name not in record:
            yield f"measure {record.words['measure']!r} needs {name!r}"


def _filter_is_whole(record: Record, _find: Find) -> Iterator[str]:
    """Require that a band is a band, and that a filter is stated in full."""
    if "filter_order" in record:
        for name in ("band_low", "band_high", "settle"):
            if name not in record:
                yield f"a filter needs {name!r}"
    if "band_low" in record and "band_high" in record:
        low_hz, high_hz = record["band_low"].value, record["band_high"].value
        if low_hz >= high_hz:
            yield f"band_low ({low_hz:g} Hz) must be below band_high ({high_hz:g} Hz)"


LIMIT_RULE = Kind(
    title="Rule of a grid operator, with window, filter and rate as explicit parameters",
    words={
        "profile": (),
        "version": (),
        "status": STATUSES,
        "scope": (),
        "measure": tuple(NEEDS),
    },
    fields={
        "limit_power": maybe("largest power that is allowed", "W", 1, 1e11),
        "limit_rate": maybe("largest rate, as a change over the window", "W/s", 1, 1e11),
        "limit_ratio": maybe("the same as a share: of the base, or of the total", "1", 0, 10),
        "limit_level": maybe("largest flicker severity", "1", 0.01, 10),
        "limit_time": maybe("longest time that is allowed", "s", 0.001, 1e4),
        "window": maybe("length of the window", "s", 1e-3, 1e6),
        "percentile": maybe("which percentile is held to the limit", "1", 0, 1),
        "band_low": maybe("lower edge of the band", "Hz", 0, 1e3),
        "band_high": maybe("upper edge of the band", "Hz", 1e-3, 1e4),
        "filter_order": maybe(
            "order of the Butterworth filter at each edge", "1", 1, 8, whole=True
        ),
        "settle": maybe("time left out while the filter settles", "s", 0, 1e4),
        "segment": maybe("length of a segment of the spectrum", "s", 1, 1e5),
        "sample_rate_min": maybe("slowest sampling that can answer", "Hz", 0.01, 1e5),
    },
    rules=(_has_limit, _filter_is_whole),
)
