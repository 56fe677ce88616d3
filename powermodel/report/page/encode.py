# SPDX-License-Identifier: Apache-2.0
"""Numbers as a page carries them: 32-bit floats in base64, and JSON that cannot end a script."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import numpy.typing as npt


def packed(values: npt.ArrayLike) -> str:
    """Return numbers as base64 of little-endian 32-bit floats: 7 digits, a third of the text."""
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode("ascii")


def unpacked(text: str) -> npt.NDArray[np.float32]:
    """Return the numbers of `packed`."""
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def script_json(data: Any) -> str:
    """Return JSON that can stand inside a script element: no ``<``, no NaN."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")
