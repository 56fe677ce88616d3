# SPDX-License-Identifier: Apache-2.0
"""Compiled code is kept under a name that changes with each source it is made of, and no other."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from powermodel_kernels import bind, compiled

PACKAGE = Path(bind.__file__).parent


def names(module: str) -> set[str]:
    return {path.relative_to(PACKAGE).as_posix() for path in bind._sources(module)}


@pytest.mark.parametrize("module", ["powermodel_kernels.fleet.events", "powermodel_kernels.chain"])
def test_every_module_that_a_driver_sees_is_in_its_digest(module):
    """Follow the functions themselves, by name, as binding does."""
    waiting, seen = [importlib.import_module(module)], set()
    while waiting:
        current = waiting.pop()
        seen.add(Path(current.__file__).relative_to(PACKAGE).as_posix())
        for value in vars(current).values():
            home = getattr(value, "__module__", None) or ""
            if home.startswith("powermodel_kernels") and sys.modules[home] is not current:
                path = Path(sys.modules[home].__file__).relative_to(PACKAGE).as_posix()
                if path not in seen:
                    waiting.append(sys.modules[home])
    assert seen <= names(module)
    assert "constants.py" in names(module)


def test_a_driver_does_not_depend_on_what_it_does_not_use():
    assert "fleet/events.py" not in names("powermodel_kernels.chain")
    assert "laws/conversion.py" in names("powermodel_kernels.chain")


def test_the_place_is_named_by_module_and_digest(tmp_path, monkeypatch):
    monkeypatch.setattr(compiled, "cache_directory", lambda: tmp_path)
    digest = bind.source_digest("powermodel_kernels.chain")
    assert bind.cache_of("powermodel_kernels.chain") == tmp_path / f"chain-{digest}"
    monkeypatch.setattr(compiled, "cache_directory", lambda: None)
    assert bind.cache_of("powermodel_kernels.chain") is None


COMPILED = """
import json, sys
from powermodel_kernels import build

fleet = build.fleet(
    build.Layout(64), build.Response(0.002, 0.02), idle_w=100.0, largest_w=900.0, job=0, seed=1
)
slow = build.lanes(fleet, straggler_share=0.5, slowdown=0.25).slowness
print(json.dumps([slow.tolist(), "numba.np.arraymath" in sys.modules]))
"""


def test_code_from_the_cache_runs_without_the_compilers_tables():
    """Those take longer to load than a small run, and allocating does not need them."""

    def child():
        command = [sys.executable, "-c", COMPILED]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    first, _ = child()  # it may have to compile
    again, tables = child()
    assert again == first
    assert set(first) == {1.0, 1.25}
    assert not tables


def test_a_module_from_elsewhere_is_keyed_by_itself_and_by_the_laws_it_uses():
    loops = importlib.import_module("tests.kernels.loops")
    found = bind._sources("tests.kernels.loops")
    assert Path(loops.__file__) in found
    assert PACKAGE / "laws" / "normal.py" in found
    assert bind.source_digest("tests.kernels.loops") != bind.source_digest("tests.kernels.naive")
