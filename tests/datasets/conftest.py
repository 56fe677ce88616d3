# SPDX-License-Identifier: Apache-2.0
"""A small library on disk that a test may spoil."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from powermodel_datasets import Library

SOURCES = """\
paper: {title: A Paper, by: Someone, date: 2025, at: "arXiv:0000.00000"}
"""

PART = """\
title: A part
values:
  tdp: {value: 1.2, unit: kW, range: [1.1, 1.3], source: paper, date: 2025-07, confidence: H}
  idle_power: {value: 200, unit: W, source: paper, date: 2025, confidence: M, note: about}
  rise_time_10_90: {value: 0.82, unit: ms, source: paper, date: 2025, confidence: L}
  fall_time_90_10: {value: 25, unit: ms, source: paper, date: 2025, confidence: K}
  edpp_factor: {value: 1.1, unit: "1", source: paper, date: 2025, confidence: H}
  edpp_time: {value: 50, unit: ms, source: paper, date: 2025-07-22, confidence: H}
  rating_spread: {value: 2, unit: "%", source: paper, date: 2025, confidence: H}
  noise_sigma: {value: 0.007, unit: pu, source: paper, date: 2025, confidence: H}
"""

STAGE = """\
title: A stage
values:
  peak_efficiency: {value: 97.5, unit: "%", source: paper, date: 2025, confidence: H}
  peak_load: {value: 0.5, unit: pu, source: paper, date: 2025, confidence: H}
"""

RACK = """\
title: A rack
links: {accelerator: part, supply: stage}
values:
  accelerators: {value: 10, unit: "1", source: paper, date: 2025, confidence: H}
  rated_power: {value: 20, unit: kW, source: paper, date: 2025, confidence: H}
  peak_power: {value: 25, unit: kW, source: paper, date: 2025, confidence: H}
  base_power: {value: 6, unit: kW, source: paper, date: 2025, confidence: H}
  dynamic_power_ratio: {value: 0.2, unit: "1", source: paper, date: 2025, confidence: H}
  supply_rating: {value: 30, unit: kW, source: paper, date: 2025, confidence: H}
"""

FIGURE = """\
title: A figure
values:
  period: {value: 20.92, unit: s, tolerance: {relative_percent: 0.5}, source: paper, date: 2025,
    confidence: H}
  share: {value: 44, unit: "%", tolerance: {absolute: 1}, band: [0.02, 0.1], source: paper,
    date: 2025, confidence: M}
"""

SITE = """\
title: A site
as_of: 2025-07
values:
  load_power: {value: 170, unit: MW, source: paper, date: 2025-07, confidence: M}
"""

FILES = {
    "sources.yaml": SOURCES,
    "accelerator/part.yaml": PART,
    "conversion/stage.yaml": STAGE,
    "rack/rack.yaml": RACK,
    "published/figure.yaml": FIGURE,
    "site/site.yaml": SITE,
}


class Shelf:
    """The small library, and ways to spoil it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for place, text in FILES.items():
            self.write(place, text)

    def write(self, place: str, text: str) -> None:
        path = self.root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def change(self, place: str, old: str, new: str) -> None:
        text = FILES[place]
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {place}"
        self.write(place, text.replace(old, new))

    @property
    def library(self) -> Library:
        return Library(self.root)

    def problems(self) -> str:
        return "\n".join(self.library.problems())


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def refusal(shelf: Shelf) -> Callable[[str, str, str], str]:
    """Spoil one place and return what the check says."""

    def spoil(place: str, old: str, new: str) -> str:
        shelf.change(place, old, new)
        return shelf.problems()

    return spoil
