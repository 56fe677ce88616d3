# SPDX-License-Identifier: Apache-2.0
"""Small sines of load in two cases of ANDES, by frequency response and in time: prints both gains.

``POWERMODEL_ANDES_PYTHON=... python andes_response.py > andes_response.csv``, from the root of the
repository. Each row: case, bus, frequency, machine, and the deviation of its frequency per load as
a complex number (mHz/MW), first from the linearized case, then fitted to a time-domain run of 40 s
whose last 20 s are looked at.
"""

from __future__ import annotations

import sys

import numpy as np

from powermodel.response import NetworkCase, network_response, play_into_network

PLACES = (("kundur", "7"), ("ieee39", "16"))
TONES_HZ = (0.2, 0.6, 1.5)
MEAN_W, SINE_W = 100e6, 1e6
STEP_S, END_S, SETTLED_S = 1.0 / 60.0, 40.0, 20.0
_MHZ_PER_MW = 1e9


def load_w(tones_hz):
    time_s = np.arange(round(END_S / STEP_S)) * STEP_S
    return MEAN_W + SINE_W * sum(np.sin(2 * np.pi * hz * time_s) for hz in tones_hz)


def fitted(play, tones_hz):
    """Complex amplitude of each tone beside a mean and a slope: (tones, machines)."""
    late = play.time_s >= SETTLED_S
    time_s = play.time_s[late]
    turns = [2 * np.pi * hz * time_s for hz in tones_hz]
    columns = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    basis = np.stack([*columns, np.ones_like(time_s), time_s], axis=1)
    parts = np.linalg.lstsq(basis, play.deviation_hz[late], rcond=None)[0]
    return (parts[0 : 2 * len(turns) : 2] + 1j * parts[1 : 2 * len(turns) : 2]) / SINE_W


def rows(case, bus, tones_hz, *, together=False):
    """Yield (hz, machine, linear gain, gain in time) [mHz/MW]; one run a tone unless together."""
    place = NetworkCase(case, bus)
    response = network_response(place, MEAN_W)
    for tones in (tones_hz,) if together else [(hz,) for hz in tones_hz]:
        play = play_into_network(place, load_w(tones), STEP_S)
        assert play.whole, case
        assert play.machines == response.machines
        for hz, timed in zip(tones, fitted(play, tones), strict=True):
            linear = response.at(np.array([hz]))[:, 0]
            for machine, one, other in zip(play.machines, linear, timed, strict=True):
                yield hz, machine, one * _MHZ_PER_MW, other * _MHZ_PER_MW


def main():
    sys.stdout.write("case,bus,hz,machine,linear_re,linear_im,timed_re,timed_im\n")
    for case, bus in PLACES:
        for hz, machine, one, other in rows(case, bus, TONES_HZ):
            numbers = (one.real, one.imag, other.real, other.imag)
            sys.stdout.write(
                f"{case},{bus},{hz},{machine}," + ",".join(f"{x:.6f}" for x in numbers)
            )
            sys.stdout.write("\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
