# SPDX-License-Identifier: Apache-2.0
"""The verbs put together, and what becomes of an error.

``powermodel --help`` loads this module and every verb, so none of them imports anything heavy
before it is called.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from typing import NoReturn

from cyclopts import App

from powermodel.cli.check import check
from powermodel.cli.datasets import datasets
from powermodel.cli.doctor import doctor
from powermodel.cli.evidence import evidence
from powermodel.cli.export import export
from powermodel.cli.handoff import handoff
from powermodel.cli.limits import limits
from powermodel.cli.losses import losses
from powermodel.cli.new import new
from powermodel.cli.plot import plot
from powermodel.cli.report import report
from powermodel.cli.response import response
from powermodel.cli.ridethrough import ridethrough
from powermodel.cli.run import run
from powermodel.cli.schema import schema
from powermodel.cli.show import show
from powermodel.cli.size import size
from powermodel.cli.study import study
from powermodel.cli.sweep import sweep
from powermodel.cli.terminal import print_error, print_note
from powermodel.errors import PowermodelError
from powermodel_datasets.errors import RecordError

_HELP = "What an AI training site does to the grid, millisecond by millisecond."
_FIRST_STEPS = """\
First steps:

  powermodel run colossus2-phase1 out.zarr --duration 10s
  powermodel show out.zarr
  powermodel plot out.zarr out.png
"""
_RECORD_EXIT_CODE = 2
_INTERRUPTED = 130
_OBJECTS_BETWEEN_COLLECTIONS = 100_000


def _version() -> str:
    from importlib.metadata import version

    return version("powermodel")


app = App(
    name="powermodel",
    help=_HELP,
    help_epilogue=_FIRST_STEPS,
    help_format="plaintext",
    version=_version,
    # Verbs return their exit status; `main` is the one place that ends the process.
    result_action="return_value",
    suppress_keyboard_interrupt=False,
)
_VERBS: tuple[Callable[..., object], ...] = (
    new,
    check,
    run,
    show,
    plot,
    size,
    sweep,
    study,
    limits,
    losses,
    ridethrough,
    response,
    report,
    evidence,
    export,
    handoff,
    datasets,
    schema,
    doctor,
)
for _place, _verb in enumerate(_VERBS):
    app.command(_verb, sort_key=_place, help_epilogue="")


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what the arguments say and end the process.

    Exit status 0: done; 2: wrong input; 3: a store; 4: a device; 5: a goal out of reach; 130:
    interrupted. Errors that powermodel raises on purpose are shown as words; all others keep their
    traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``powermodel``; by default those of the process.
    """
    # Modules and compiled code are hundreds of thousands of objects that live to the end: looking
    # through them for garbage, while they are loaded and again before the process ends, takes as
    # long as a small run.
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    status = _status(sys.argv[1:] if arguments is None else arguments)
    gc.freeze()
    sys.exit(status)


def _status(arguments: Sequence[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal that lacks a sign shows '?' in its place.
            stream.reconfigure(errors="replace")
    try:
        status = app(list(arguments))
        sys.stdout.flush()
    except PowermodelError as error:
        print_error(str(error))
        return error.exit_code
    except RecordError as error:
        print_error(str(error))
        return _RECORD_EXIT_CODE
    except BrokenPipeError:
        # The reader of a pipe has gone, as `head` does; the interpreter must not flush into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        print_note("interrupted")
        return _INTERRUPTED
    return status if isinstance(status, int) else 0
