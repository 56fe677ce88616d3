# SPDX-License-Identifier: Apache-2.0
"""The kind of record that says how an instrument looks at a power."""

from __future__ import annotations

from collections.abc import Iterator

from powermodel_datasets.record import Record
from powermodel_datasets.spec import Field, Find, Kind


def _is_complete(record: Record, _find: Find) -> Iterator[str]:
    """Require what the instrument is made of."""
    if record.words["instrument"] == "mean" and "window" not in record:
        yield "an instrument of means needs a window"
    if record.words["instrument"] == "sample" and "lag" not in record:
        yield "an instrument of samples needs the lag of its transducer"


OBSERVER = Kind(
    title="Instrument: how a meter, a counter or a control center sees a power",
    words={"instrument": ("mean", "sample")},
    fields={
        "period": Field("from one reading to the next", "s", 1e-4, 1e5),
        "window": Field("over which a reading is the mean", "s", 1e-4, 1e5, required=False),
        "lag": Field("time constant of the transducer", "s", 0, 100, required=False),
    },
    rules=(_is_complete,),
)
