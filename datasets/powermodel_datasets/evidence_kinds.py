# SPDX-License-Identifier: Apache-2.0
"""The kind of record that holds one version of a qualification: its criteria, test by test."""

from __future__ import annotations

from collections.abc import Iterator

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind, maybe


def _ranges_are_ranges(record: Record, _find: Find) -> Iterator[str]:
    for low, high in (("t9_band_low", "t9_band_high"), ("t11_soc_low", "t11_soc_high")):
        if (low in record) != (high in record):
            yield f"{low} and {high} belong together"
        elif low in record and record[low].value >= record[high].value:
            yield f"{low} ({record[low].value:g}) must be below {high} ({record[high].value:g})"


EVIDENCE = Kind(
    title="Qualification of a battery plant: criteria by test; a field left out is not public",
    words={"version": ()},
    fields={
        "tests": Field("tests of the qualification, numbered from 1", "1", 1, 100, whole=True),
        "t1_error": maybe("metering: error of active and reactive power", "1", 0, 1),
        "t1_alignment": maybe("metering: alignment in time", "s", 0, 10),
        "t4_ramp": maybe("buffering: ramp at the POI, IT load per second", "1/s", 1e-3, 100),
        "t4_tracking": maybe("buffering: error of tracking", "1", 0, 1),
        "t4_frequency": maybe("buffering: frequency", "Hz", 0, 10),
        "t5_short_circuit_ratio": maybe("ratio at which it must operate", "1", 0, 100),
        "t6_fast": maybe("demand response: fast answer", "s", 0, 3600),
        "t6_slow": maybe("demand response: slow answer", "s", 0, 3600),
        "t9_band_low": maybe("oscillation: lower edge of the band", "Hz", 0, 1e3),
        "t9_band_high": maybe("oscillation: upper edge of the band", "Hz", 0, 1e3),
        "t9_gain": maybe("oscillation: POI over load, in each part of the band", "1", 0, 10),
        "t9_part": maybe("oscillation: width of a part of the band", "Hz", 1e-2, 100),
        "t9_floor": maybe("oscillation: what is below it, of the IT load, is none", "1", 0, 1),
        "t10_step_1": maybe("black start: first step of load", "1", 0, 1),
        "t10_step_2": maybe("black start: second step", "1", 0, 1),
        "t10_step_3": maybe("black start: third step", "1", 0, 1),
        "t11_drift": maybe("charge: drift, either way", "1", 0, 1),
        "t11_soc_low": maybe("charge: lowest", "1", 0, 1),
        "t11_soc_high": maybe("charge: highest", "1", 0, 1),
        "t11_duration": maybe("charge: length of the record", "s", 1, 1e7),
        "t11_mean": maybe("charge: what drift is averaged over, no swing", "s", 1, 1e5),
        "t12_step": maybe("largest step of the electromagnetic transient model", "s", 1e-9, 1),
    },
    rules=(_ranges_are_ranges,),
)
