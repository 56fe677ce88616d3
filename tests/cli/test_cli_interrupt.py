# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C in a real process: exit status 130, a store that can be read, a command that goes on."""

from __future__ import annotations

import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

from powermodel.store import open_run, verify

# Gets its own SIGINT at a known moment, when two blocks are whole.
_CHILD = """
import os, signal, sys
# A shell that runs the tests in the background has interrupts ignored, which children inherit.
signal.signal(signal.SIGINT, signal.default_int_handler)
from powermodel.cli import main
from powermodel.cli.progress import Lines
show = Lines.show
def show_and_interrupt(self, now, pace):
    show(self, now, pace)
    if now.blocks_done == 2:
        os.kill(os.getpid(), signal.SIGINT)
Lines.show = show_and_interrupt
main(sys.argv[1:])
"""


def _files(path: Path) -> dict[str, bytes]:
    return {str(f.relative_to(path)): f.read_bytes() for f in path.rglob("*") if f.is_file()}


def test_interrupted_and_resumed_by_the_command_it_names_is_the_same_run(cli, small, tmp_path):
    out = tmp_path / "cut run.zarr"
    options = ["--seed", "5", "--set", "output.halls=false"]
    child = subprocess.run(
        [sys.executable, "-c", _CHILD, "run", str(small), str(out), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.returncode == 130
    assert child.stdout == ""
    *_, kept, command = child.stderr.splitlines()
    assert kept == "interrupted: 20 of 40 s are whole and kept"
    assert "Traceback" not in child.stderr
    assert open_run(out).attrs["whole_s"] == 20.0

    program, *words = shlex.split(command.removeprefix("go on with: "))
    assert program == "powermodel"
    assert words == ["run", str(small), str(out), *options, "--resume"]
    resumed = cli(*words)
    assert resumed.status == 0
    assert "20 of 40 s simulated, starting" in resumed.err
    assert verify(out) == []

    whole = tmp_path / "whole.zarr"
    assert cli("run", small, whole, *options).status == 0
    assert _files(out) == _files(whole)


def test_an_interrupt_from_outside_at_any_moment_leaves_a_readable_store(cli, small, tmp_path):
    out = tmp_path / "run.zarr"
    # A day: it never ends before the signal comes.
    words = ["run", str(small), str(out), "--duration", "24 h"]
    child = subprocess.Popen(
        [sys.executable, "-m", "powermodel", *words], stderr=subprocess.PIPE, text=True
    )
    # A block is begun when the one before it is whole and on record.
    second_block = out / "poi" / "power" / "c" / "0" / "1"
    while not second_block.exists() and child.poll() is None:
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate()
    assert child.returncode == 130, said
    *_, kept, command = said.splitlines()
    assert kept.startswith("interrupted: ")
    assert command == f"go on with: powermodel run {small} {out} --duration '24 h' --resume"
    answer = cli("show", out)
    assert answer.status == 0
    assert "warning: the run is not complete" in answer.err
