# SPDX-License-Identifier: Apache-2.0
"""One machine under GAST loses a sixth of its load, in ANDES: prints time and speed deviation.

Run by an interpreter that has ANDES (GPL-3, kept apart): ``python andes_gast.py > andes_gast.csv``.
The machine: 100 MVA, 60 Hz, H 4 s; the load falls from 60 to 50 MW at 1 s.
"""

from __future__ import annotations

import sys

END_S, STEP_S, KEPT_S = 15.0, 1.0 / 600.0, 0.02


def main() -> None:
    import andes
    import numpy as np

    andes.config_logger(40)
    system = andes.System(default_config=True, no_output=True)
    for bus in (1, 2):
        system.add("Bus", {"idx": bus, "Vn": 20, "v0": 1.0, "a0": 0.0})
    system.add("Line", {"bus1": 1, "bus2": 2, "Vn1": 20, "Vn2": 20, "Sn": 100, "r": 0, "x": 1e-4})
    system.add(
        "Slack", {"idx": "G", "bus": 1, "Vn": 20, "Sn": 100, "v0": 1.0, "a0": 0.0, "p0": 0.6}
    )
    system.add("PQ", {"idx": "stays", "bus": 2, "Vn": 20, "p0": 0.5, "q0": 0.0})
    system.add("PQ", {"idx": "leaves", "bus": 2, "Vn": 20, "p0": 0.1, "q0": 0.0})
    machine = {"idx": "M", "bus": 1, "gen": "G", "Sn": 100, "Vn": 20, "fn": 60, "M": 8.0, "D": 0.0}
    system.add("GENCLS", {**machine, "xd1": 0.25, "ra": 0.0})
    limits = {"VMAX": 1.0, "VMIN": 0.0, "KT": 2.0, "AT": 1.0, "Dt": 0.0}
    system.add("GAST", {"syn": "M", "R": 0.05, "T1": 0.4, "T2": 0.1, "T3": 3.0, **limits})
    system.add("Toggle", {"model": "PQ", "dev": "leaves", "t": 1.0})
    # Constant power, as power electronics draw it.
    for part, share in (("p2p", 1), ("p2i", 0), ("p2z", 0), ("q2q", 1), ("q2i", 0), ("q2z", 0)):
        setattr(system.PQ.config, part, float(share))
    system.setup()
    system.PFlow.run()
    config = system.TDS.config
    config.tf, config.tstep, config.fixt, config.no_tqdm, config.criteria = END_S, STEP_S, 1, 1, 0
    system.TDS.run()
    time_s = np.asarray(system.dae.ts.t)
    speed = np.asarray(system.dae.ts.x[:, system.GENCLS.omega.a[0]]) - 1.0
    kept = np.arange(round(END_S / KEPT_S)) * KEPT_S
    sys.stdout.write(f"# ANDES {andes.__version__}: time s, speed deviation per unit\n")
    for t, w in zip(kept, np.interp(kept, time_s, speed), strict=True):
        sys.stdout.write(f"{t:.2f},{w:.9f}\n")


if __name__ == "__main__":
    main()
