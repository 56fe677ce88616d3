# SPDX-License-Identifier: Apache-2.0
"""A stand-in for the package andes: enough of a case to be refused, nothing to be computed.

It stands in the other process, under the real child script; what it does is said by variables of
the environment.
"""

from __future__ import annotations

from pathlib import Path

SOURCE = """
import os
import time

__version__ = os.environ.get("MADE_VERSION", "2.0.0")


def config_logger(_level):
    pass


class Thing:
    def __init__(self, **values):
        self.__dict__.update(values)


class Buses:
    idx = Thing(v=[1, 2, 7])

    def get(self, _name, _bus):
        return 230.0


class System:
    config = Thing(freq=float(os.environ.get("MADE_HZ", "60")), mva=100)
    Bus = Buses()
    PQ = Thing(p0=Thing(v=[10.0, 17.0]))
    PV = Thing(p0=Thing(v=[7.0, 7.0]))
    Slack = Thing(p0=Thing(v=[7.0]))
    Toggle = Thing(n=0)
    PFlow = Thing(run=lambda: False)

    def add(self, *_):
        pass

    def setup(self):
        pass


def get_case(name):
    return name


def load(*_, **__):
    if os.environ.get("MADE_FAULT") == "crash":
        raise RuntimeError("no such model: XYZ")
    if os.environ.get("MADE_FAULT") == "sleep":
        time.sleep(600)
    return System()
"""


def make(folder: Path) -> Path:
    """Write the package; its folder goes on the other interpreter's path."""
    package = folder / "andes"
    for case in ("kundur/kundur_full.xlsx", "ieee39/ieee39_full.xlsx"):
        path = package / "cases" / case
        path.parent.mkdir(parents=True)
        path.write_text("a case")
    (package / "__init__.py").write_text(SOURCE)
    return folder
