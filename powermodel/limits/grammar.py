# SPDX-License-Identifier: Apache-2.0
"""The grammar of a limit: ``WORDS [WINDOW | BAND] <= VALUE``, and what to say about a slip."""

from __future__ import annotations

import difflib
import re
from typing import Literal, NamedTuple

from powermodel.errors import UnitError
from powermodel.limits.errors import LimitError
from powermodel.limits.measures import ALIASES, MEASURES, Arguments, Measure
from powermodel.units import plain_number, quantity

EXAMPLE = "'ramp 1s <= 20 MW'"
_EXAMPLES = {
    "window": "ramp 1s <= 20 MW",
    "band": "band 0.1-2.5 Hz <= 10 MW",
    "nothing": "range <= 100 MW",
}
_COMPARISON = re.compile(r"<=|>=|=<|=>|≤|≥|==|=|<|>")
_SENSES: dict[str, Literal["<=", ">="]] = {"<=": "<=", "≤": "<=", ">=": ">=", "≥": ">="}
_FIRST_NUMBER = re.compile(r"[-+.]?\d")
_NUMBER = r"\d+(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+"
_BAND = re.compile(
    rf"(?P<lo>{_NUMBER})\s*(?P<lo_unit>[^\W\d]+)?\s*(?:-|–|to|\.\.)\s*"
    rf"(?P<hi>{_NUMBER})\s*(?P<hi_unit>[^\W\d]+)?"
)


class Parsed(NamedTuple):
    """What stands in a limit."""

    measure: str
    arguments: Arguments
    sense: Literal["<=", ">="]
    value: float


def parse(text: str) -> Parsed:
    """Read a limit.

    Parameters
    ----------
    text : str
        Such as ``"ramp 1s <= 20 MW"`` or ``"band 0.1-2.5 Hz <= 10 MW"``.

    Raises
    ------
    LimitError
        That says which word is wrong and what was expected.
    """
    signs = list(_COMPARISON.finditer(text))
    if len(signs) != 1:
        came = "none" if not signs else " and ".join(sign[0] for sign in signs)
        raise LimitError(
            f"expected one comparison '<=' or '>=', got {came}",
            where=repr(text),
            hint=f"such as {EXAMPLE}",
        )
    sign = signs[0]
    if sign[0] not in _SENSES:
        raise LimitError(
            f"expected the comparison '<=' or '>=', got {sign[0]!r}",
            where=repr(text),
            hint="a limit that is reached is kept: write '<=' or '>='",
        )
    left, right = text[: sign.start()].strip(), text[sign.end() :].strip()
    try:
        measure, arguments = _subject(left)
        value = _value(right, measure, arguments)
    except (LimitError, UnitError) as error:
        raise LimitError(error.message, where=repr(text), hint=error.hint) from None
    return Parsed(measure.words, arguments, _SENSES[sign[0]], value)


def _subject(text: str) -> tuple[Measure, Arguments]:
    """Read the words and what follows them."""
    number = _FIRST_NUMBER.search(text)
    words = " ".join(text[: number.start() if number else None].lower().split())
    rest = text[number.start() :].strip() if number else ""
    measure = _measure(words)
    if measure.takes == "nothing":
        if rest:
            hint = "a range within a window is 'rolling range'" if words == "range" else None
            raise LimitError(
                f"{measure.words!r} takes no window and no band, got {rest!r}", hint=hint
            )
        return measure, ()
    if not rest:
        what = "a window such as 1s" if measure.takes == "window" else "a band such as 0.1-2.5 Hz"
        raise LimitError(
            f"{measure.words!r} needs {what}", hint=f"such as {_EXAMPLES[measure.takes]!r}"
        )
    return measure, _window(rest) if measure.takes == "window" else _band(rest)


def _measure(words: str) -> Measure:
    known = {**{name: name for name in MEASURES}, **ALIASES}
    if words in known:
        return MEASURES[known[words]]
    if not words:
        raise LimitError("expected a measure before the window", hint=f"such as {EXAMPLE}")
    close = difflib.get_close_matches(words, known, n=1, cutoff=0.6)
    raise LimitError(
        f"unknown measure {words!r}",
        hint=f"did you mean {close[0]!r}?" if close else f"one of: {', '.join(MEASURES)}",
    )


def _window(text: str) -> Arguments:
    window_s = quantity(text, "s")
    if window_s <= 0.0:
        raise LimitError(f"expected a window above 0 s, got {text!r}")
    return (window_s,)


def _band(text: str) -> Arguments:
    match = _BAND.fullmatch(text)
    if match is None:
        raise LimitError(f"cannot read the band {text!r}", hint="such as '0.1-2.5 Hz'")
    unit = match["hi_unit"]
    if unit is None:
        raise LimitError(f"missing unit of the band {text!r}", hint="such as '0.1-2.5 Hz'")
    lo_hz = quantity(f"{match['lo']} {match['lo_unit'] or unit}", "Hz")
    hi_hz = quantity(f"{match['hi']} {unit}", "Hz")
    if not lo_hz < hi_hz:
        raise LimitError(f"expected a band from a lower to a higher frequency, got {text!r}")
    return lo_hz, hi_hz


def _value(text: str, measure: Measure, arguments: Arguments) -> float:
    if not text:
        raise LimitError("expected a value after the comparison", hint=f"such as {EXAMPLE}")
    if measure.unit == "1":
        value = plain_number(text, f"a plain number or a percentage for {measure.words!r}")
    elif "/" in text:
        value = _over_window(text, measure, arguments)
    else:
        value = quantity(text, measure.unit)
    if value <= 0.0:
        raise LimitError(
            f"expected a limit above 0, got {text!r}",
            hint="margins are shares of the limit; a very small limit does what 0 would",
        )
    return value


def _over_window(text: str, measure: Measure, arguments: Arguments) -> float:
    """Read a rate and return the change that it allows within the window."""
    if measure.takes != "window":
        raise LimitError(
            f"{measure.words!r} is limited in W, got the rate {text!r}",
            hint="a rate needs a window: 'ramp 1s <= 20 MW/s'",
        )
    return quantity(text, "W/s") * arguments[0]
