# SPDX-License-Identifier: Apache-2.0
"""What each device of the storage has done since the run began: energies, cycles, ageing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from powermodel.schema.variable import Variable

ACCOUNT_EVERY_S = 10
"""Distance of the instants of an account, s: a tile's; the last is the end of the run."""

_SINCE = "Since the start of the run, up to the instant."
_AT_TERMINALS = f"{_SINCE} At the inverters' terminals, of all units."
_MEAN = f"{_SINCE} Mean of the units."
_WHOLE = "The energies balance: charged less discharged is stored and lost."
VALID = (
    "Law of one LFP cell (Naumann et al., 2018 and 2020, confidence H); for the cells of another "
    "maker an estimate (L). Cycles shallower than any tested are extrapolated."
)
"""What the ageing rests on."""

_DEVICES = {"storage": "the farm", "fast_storage": "the fast device"}

_ACCOUNT: tuple[tuple[str, str, str, str], ...] = (
    ("discharged", "Energy that {} discharged", "J", _AT_TERMINALS),
    ("charged", "Energy that {} charged", "J", _AT_TERMINALS),
    ("cell_heat", "Energy lost as heat in the cells of {}", "J", f"{_SINCE} {_WHOLE}"),
    ("inverter_loss", "Energy lost in the inverters of {}", "J", f"{_SINCE} {_WHOLE}"),
    ("standby", "Auxiliary energy of {}", "J", f"{_SINCE} Beside what the inverters exchange."),
    ("stored", "Energy in the cells of {}", "J", "At the instant, at open-circuit voltage."),
    (
        "full_cycles", "Full cycles of {} by throughput", "1",
        f"{_MEAN} Charge moved in both directions over twice the capacity.",
    ),
    ("full_cycles_most", "Full cycles by throughput of the busiest unit of {}", "1", _SINCE),
    ("cycles", "Cycles of {} that have closed, by rainflow", "1", f"{_MEAN} Of any depth."),
    (
        "rainflow_full_cycles", "Full cycles of {} by rainflow", "1",
        f"{_MEAN} Sum of the depths of the cycles that have closed.",
    ),
)  # fmt: skip
_AGEING: tuple[tuple[str, str, str], ...] = (
    ("calendar_fade", "Capacity that {} lost with time", _MEAN),
    ("cycle_fade", "Capacity that {} lost with closed cycles", _MEAN),
    ("most_fade", "Capacity that the most aged unit of {} lost", _SINCE),
    (
        "extrapolated", "Extrapolated share of the cycle fade of {}",
        "Of its square: from cycles shallower than any that were tested.",
    ),
    ("calendar_rise", "Rise of the resistance of {} with time", _MEAN),
    ("cycle_rise", "Rise of the resistance of {} with closed cycles", _MEAN),
)  # fmt: skip


def _groups() -> Iterator[tuple[str, tuple[Variable, ...]]]:
    for device, words in _DEVICES.items():
        yield (
            f"{device}_account",
            tuple(
                _variable(f"{device}_account/{name}", title.format(words), units, comment)
                for name, title, units, comment in _ACCOUNT
            ),
        )
        yield (
            f"{device}_ageing",
            tuple(
                _variable(f"{device}_ageing/{name}", title.format(words), "1", f"{comment} {VALID}")
                for name, title, comment in _AGEING
            ),
        )


def _variable(path: str, title: str, units: str, comment: str) -> Variable:
    return Variable(
        path=path,
        dims=("run", "time"),
        dtype="float64",
        long_name=title,
        units=units,
        cell_methods="time: point",
        comment=comment,
    )


ACCOUNTS: Mapping[str, tuple[Variable, ...]] = dict(_groups())
"""What is written every `ACCOUNT_EVERY_S`, by group; ageing only of cells that have a law of it."""
