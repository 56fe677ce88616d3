# SPDX-License-Identifier: Apache-2.0
"""With what each law is called when targets are compared: ranges of its scalars, with edges.

A row per law, ``module.function``; an argument is a column, or a tuple of columns where the law
takes a tuple. Ranges are those in which the law is used, or wider where that costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from powermodel_kernels.constants import NEVER
from powermodel_kernels.rack.backup import BackupLaw
from powermodel_kernels.rack.store import StoreLaw


@dataclass(frozen=True)
class Column:
    """One scalar argument: its type and its range, both ends included."""

    kind: type
    low: float
    high: float
    also: tuple[int, ...] = ()
    """Values outside the range that have a meaning of their own."""

    def draw(self, rng: np.random.Generator, n: int) -> Any:
        """Return n values: a third of them the edges, zero and what is next to it; mixed."""
        edges = [self.low, self.high, *self.also]
        edges += [v for v in (0, 1, -1) if self.low <= v <= self.high]
        if issubclass(self.kind, np.floating):
            drawn = rng.uniform(self.low, self.high, n).astype(self.kind)
        else:
            drawn = rng.integers(self.low, self.high, n, dtype=self.kind, endpoint=True)
        at = rng.choice(n, n // 3, replace=False)
        drawn[at] = np.array(edges, self.kind)[rng.integers(0, len(edges), at.size)]
        return drawn


def real(low: float, high: float) -> Column:
    return Column(np.float32, low, high)


def whole(low: int, high: int) -> Column:
    return Column(np.int32, low, high)


def tick(low: int, high: int, *also: int) -> Column:
    return Column(np.int64, low, high, also)


FLAG = Column(np.bool_, 0, 1)
WORD = whole(-(2**31), 2**31 - 1)
LIMB = Column(np.uint64, 0, 2**32 - 1)
SHARE = real(0.0, 1.0)
SIGNED = real(-1.0, 1.0)
UNIT = real(0.0, 2.0)
ANY = real(-50.0, 50.0)
WATTS = real(0.0, 2e5)
QUANTA = real(-4e6, 4e6)
AMPERES = real(-500.0, 500.0)
VOLTS = real(2.0, 4.0)
KELVIN = real(250.0, 330.0)
AGE = whole(0, 2**25)
POWER = tick(0, 2**30)
ENERGY = tick(0, 2**30)
FULL = tick(2**30, 2**50)
FINE = tick(0, 2**55)
SPAN = tick(0, 10**9)
NOW = tick(0, 10**14)
# A small remainder beside its value, as a compensated sum keeps it.
PAIR = (SIGNED, real(-1e-8, 1e-8))
LAG = real(0.001, 0.9)

STORE_LAW = StoreLaw(
    SHARE, SHARE, real(0.0, 0.1), WATTS,  # shares, pull, ramp
    real(0.5, 1.5), real(0.5, 1.5), real(0.0, 0.2), real(0.0, 0.2),  # gains and losses
    whole(1, 64),
)  # fmt: skip
COUNTS = whole(0, 2**22)
BACKUP_LAW = BackupLaw(
    tick(1, 10**7), SPAN, SPAN, SPAN, POWER, FULL, FULL, POWER, POWER, real(0.0, 0.2), SHARE,
    POWER, ENERGY,
)  # fmt: skip

ARGUMENTS: dict[str, tuple[Any, ...]] = {
    "ageing.calendar_fade_rate": (KELVIN, SHARE),
    "ageing.calendar_rise_rate": (KELVIN, SHARE),
    "ageing.cycle_fade": (UNIT, SHARE),
    "ageing.cycle_rise": (UNIT, SHARE),
    "cap.behind_ramp": (QUANTA, QUANTA, AGE, real(0.0, 1e-6)),
    "cell.between": (VOLTS, VOLTS, SHARE),
    "cell.current": (real(-1500.0, 1500.0), VOLTS, real(1e-4, 5e-3)),
    "cell.discharge_limit": (real(0.0, 500.0), real(-0.1, 1.0), real(1.0, 1e3), real(0.0, 500.0)),
    "cell.hysteresis_next": (SIGNED, real(-0.1, 0.1), real(0.0, 100.0)),
    "cell.pair_next": (SIGNED, SHARE, SHARE, real(0.0, 0.01), AMPERES),
    "cell.pair_stored": (SIGNED, SIGNED, SHARE, real(1.0, 1e4), AMPERES),
    "cell.terminal_power": (AMPERES, VOLTS, real(1e-4, 5e-3)),
    "conversion.input_power": (WATTS, real(0.0, 1e4), real(0.0, 1e-6)),
    "conversion.loss": (WATTS, real(0.0, 1e4), real(0.0, 1e-6)),
    "cooling.cooling_power": (UNIT, UNIT, UNIT, SHARE, (SHARE, SHARE, SHARE)),
    "duration.deviation": (real(0.0, 8.0), real(0.0, 2.0**27)),
    "duration.lasting": (tick(0, 10**13), whole(-(2**27), 2**30), whole(0, 12)),
    "duration.lognormal_factor": (real(-6.4, 6.4), SHARE, real(-6.0, 6.0)),
    "duration.slowed": (real(0.0, 8.0), real(1.0, 3.0)),
    "duration.uniform_factor": (SHARE,),
    "electrical.stage_loss": (UNIT, SHARE, SHARE, SHARE),
    "electrical.stage_output": (UNIT, SHARE, SHARE, SHARE),
    "electrical.transformer_reactive": (UNIT, SHARE, SHARE),
    "elementary.exp32": (real(-110.0, 90.0),),
    "elementary.log32": (real(2.0**-126, 3e38),),
    "governor.actuated": (PAIR, UNIT, LAG, SHARE, SHARE),
    "governor.clipped": (SIGNED, real(-0.5, 0.0), real(0.0, 0.5)),
    "governor.deadbanded": (SIGNED, real(0.0, 0.5)),
    "governor.gast_step": (
        SIGNED, UNIT, PAIR, PAIR, PAIR,
        (real(10.0, 50.0), real(0.0, 0.01), LAG, LAG, LAG, UNIT, UNIT, real(-0.1, 0.1), UNIT),
    ),
    "governor.ggov1_error": (SIGNED, SHARE, UNIT, (SHARE, real(0.0, 0.01), SHARE)),
    "governor.ggov1_load_fuel": (
        UNIT, PAIR, PAIR, PAIR, (real(0.5, 5.0), LAG, LAG, UNIT, UNIT, real(0.0, 0.01)),
    ),
    "governor.ggov1_speed_fuel": (SIGNED, PAIR, PAIR, (real(0, 20), real(0, 0.1), UNIT, LAG)),
    "governor.held_lag": (PAIR, UNIT, LAG, real(-0.5, 0.0), SHARE),
    "governor.integrated": (PAIR, SIGNED, UNIT, UNIT, real(-0.5, 0.0), SHARE),
    "grid.sine_of_angle": (UNIT, SIGNED, SHARE, SHARE, real(0.9, 1.1), real(0.5, 1.1)),
    "grid.thevenin_voltage": (SHARE, SIGNED, real(0.0, 0.1), real(0.0, 0.4), real(0.9, 1.1)),
    "gridforming.frequency_answer": (SIGNED, SIGNED, real(0.0, 50.0), UNIT, SHARE),
    "inverter.budget_next": (
        whole(-(10**6), 10**6), FLAG, whole(1, 99), whole(1, 9), whole(1, 10**6),
    ),
    "inverter.followed": (QUANTA, QUANTA, SHARE),
    "inverter.grid_power": (QUANTA, real(0.0, 1e4), real(0.0, 1e-8)),
    "inverter.loss": (QUANTA, real(0.0, 1e4), real(0.0, 1e-8)),
    "lag.added": (*PAIR, SIGNED),
    "lag.lagged": (*PAIR, UNIT, LAG),
    "machine.acceleration": (QUANTA, QUANTA, SIGNED, real(0.0, 1e-6)),
    "machine.beyond": (SIGNED, SIGNED, whole(0, 10**6)),
    "machine.voltage": (SIGNED, SIGNED, SHARE),
    "noise.filter_step": (real(-8.0, 8.0), ANY, ANY, SHARE),
    "normal.normal32": (WORD,),
    "normal.quantile": (WORD, real(0.0, 22.0)),
    "normal.commonness": (WORD,),
    "normal.rarity": (real(1e-9, 1.0),),
    "normal.uniform32": (WORD,),
    "onset.own_gap": (
        QUANTA, AGE, AGE, (real(0, 1e-6), real(0, 1e-6), real(0, 1e-6)), SHARE, QUANTA,
    ),
    "onset.shown": (QUANTA, QUANTA, SHARE),
    "oscillator.oscillator_step": (SIGNED, SIGNED, SIGNED, (SIGNED, SIGNED, SIGNED, SIGNED)),
    "philox.address_word": (whole(0, 255), whole(0, 255), whole(0, 2**16 - 1)),
    "philox.philox4x32": (LIMB, LIMB, LIMB, LIMB, LIMB, LIMB),
    "rack_backup.backup_step": (WATTS, FLAG, ENERGY, ENERGY, SPAN, SPAN, BACKUP_LAW),
    "rack_backup.beside_input": (POWER, ENERGY, ENERGY, BACKUP_LAW),
    "rack_backup.carry": (POWER, SPAN, SPAN, FLAG, (ENERGY, ENERGY), BACKUP_LAW),
    "rack_backup.overlap": (SPAN, SPAN, SPAN, SPAN),
    "rack_backup.part_of": (POWER, tick(0, 10**7), tick(1, 10**7)),
    "rack_backup.recharge": (ENERGY, FULL, POWER, real(0.0, 0.2)),
    "rack_load.bus_load": (WATTS, SHARE, WATTS),
    "rack_load.rest_power": (whole(0, 256), WATTS, SHARE, real(0.0, 500.0)),
    "rack_store.low_pass": (WATTS, WATTS, SHARE, SHARE),
    "rack_store.store_step": (
        WATTS, WATTS, WATTS, COUNTS, (COUNTS, COUNTS, COUNTS, WATTS, WATTS), STORE_LAW,
    ),
    "rack_store.wanted_from_store": (WATTS, WATTS, WATTS, COUNTS, real(0.0, 0.1), WATTS),
    "response.aimed_at": (whole(0, 2**22), real(0.5, 2.0)),
    "response.alive": (real(-1.0, 1.0),),
    "response.decay": (AGE, real(0.0, 1e-6)),
    "response.falling": (QUANTA,),
    "response.left": (QUANTA, AGE, real(0.0, 1e-6)),
    "response.rate_of": (QUANTA, (real(0, 1e-6), real(0, 1e-6), real(0, 1e-6))),
    "response.remaining": ((QUANTA, QUANTA), (SHARE, SHARE), FLAG),
    "response.rising": (QUANTA, SHARE),
    "response.seen": ((QUANTA, QUANTA), (QUANTA, QUANTA), (SHARE, SHARE, SHARE)),
    "response.struck": (QUANTA, FLAG, SHARE, (QUANTA, QUANTA)),
    "response.to_quanta": (real(-(2.0**30), 2.0**30),),
    "response.transition": (
        QUANTA, AGE, AGE, FLAG, AGE, (real(0, 1e-6), real(0, 1e-6), real(0, 1e-6)), SHARE,
        (QUANTA, QUANTA, QUANTA),
    ),
    "ridethrough.counted": (FLAG, whole(0, 10**6)),
    "ridethrough.outside_window": (UNIT, SIGNED, (SHARE, UNIT, real(-0.5, 0.0), SHARE)),
    "ridethrough.share_of_grid": (whole(0, 3), whole(0, 10**6), SHARE, UNIT, UNIT),
    "sampling.counted": (tick(0, 2**50), tick(0, 6), tick(2**24, 2**24)),
    "sampling.counted_short": (whole(0, 2**29), whole(0, 6), whole(2**24, 2**24)),
    "sampling.is_short": (tick(2**10, 2**30),),
    "sampling.next_sample": (tick(0, 2**34), tick(10**6, 10**6), real(1.024e-3, 1.024e-3)),
    "sampling.next_sample_short": (
        whole(0, 2**23), whole(0, 2**31 - 1), tick(10**6, 10**6), real(1.024e-3, 1.024e-3),
    ),
    "sampling.split": (tick(0, 2**34),),
    "sampling.placed": (
        tick(0, 3 * 10**10), tick(-(2**50), 0), tick(10**10, 10**10), tick(10**6, 10**6),
        tick(10**4, 10**4), real(1.024e-3, 1.024e-3), tick(0, 6), tick(2**24, 2**24),
    ),
    "smoothing.active_until": (NOW, FLAG, FLAG, NOW, SPAN, SPAN),
    "smoothing.capped": (FINE, FINE, tick(0, 2**16)),
    "smoothing.course": (
        FINE, FINE, FINE, NOW, tick(0, 10**14, NEVER), SPAN, tick(0, 2**20), tick(0, 2**20),
    ),
    "smoothing.ramp_ticks": (FINE, tick(1, 2**20)),
    "smoothing.reached": (FINE, FINE, tick(-(2**20), 2**20), SPAN, FLAG),
    "smoothing.wanted_power": (FINE, FLAG, FINE, FINE),
}  # fmt: skip
