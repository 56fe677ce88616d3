# SPDX-License-Identifier: Apache-2.0
"""The interpreter that has ANDES: found, asked by files, and what its refusals mean.

ANDES is optional, under the GPL-3.0 and installed apart. It is never imported here: a child process
of the other interpreter reads a request and writes an answer.
"""

from __future__ import annotations

import difflib
import json
import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from powermodel.response.curve import FloatArray
from powermodel.response.errors import ResponseError

VARIABLE = "POWERMODEL_ANDES_PYTHON"
VERSION = "2.x"
_CHILD = Path(__file__).with_name("andes_child.py")
_INSTALL = (
    "install ANDES 2 in an environment of its own and name its interpreter: --andes-python"
    f" PATH, or {VARIABLE}; without it, --case two-area is a screen"
)
_SHOWN = 12
_LAST_WORDS = 300


def andes_python(given: str | None = None) -> Path:
    """Return the interpreter that has ANDES.

    Parameters
    ----------
    given : str, optional
        Its path; that in ``POWERMODEL_ANDES_PYTHON`` unless given.

    Raises
    ------
    ResponseError
        If none is named, or there is none.
    """
    where = "--andes-python" if given else VARIABLE
    named = given or os.environ.get(VARIABLE)
    if not named:
        raise ResponseError("no interpreter with ANDES is named", where=where, hint=_INSTALL)
    path = Path(named).expanduser()
    if not (path.is_file() and os.access(path, os.X_OK)):
        raise ResponseError(f"there is no interpreter {named}", where=where, hint=_INSTALL)
    return path


def ask(
    python: Path,
    request: dict[str, Any],
    series: FloatArray | None = None,
    *,
    limit_s: float | None = None,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Ask ANDES; return facts and arrays.

    Parameters
    ----------
    python : Path
        Interpreter that has it.
    request : dict
        What `andes_child` reads.
    series : ndarray, optional
        Power to play [W].
    limit_s : float, optional
        Time after which it is ended [s].

    Raises
    ------
    ResponseError
        If it refuses, fails or takes too long.
    """
    with TemporaryDirectory(prefix="powermodel-andes-") as name:
        folder = Path(name)
        if series is not None:
            np.savez(folder / "series.npz", power_w=series)
            request = request | {"series": str(folder / "series.npz")}
        (folder / "request.json").write_text(json.dumps(request), encoding="utf-8")
        words = [str(python), str(_CHILD), str(folder / "request.json"), str(folder / "answer")]
        _run(words, folder, limit_s)
        facts = json.loads((folder / "answer.json").read_text(encoding="utf-8"))
        if "refused" in facts:
            raise refusal(facts, request, str(python))
        with np.load(folder / "answer.npz") as stored:
            return facts, {key: stored[key] for key in stored.files}


def _run(words: list[str], folder: Path, limit_s: float | None) -> None:
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise ResponseError(
            f"ANDES was still at work after {limit_s:g} s and was ended",
            where=words[0],
            hint="play a shorter part or a longer step, or use the frequency response",
        ) from None
    except OSError as error:
        raise ResponseError(
            f"cannot be started: {error.strerror or error}", where=words[0], hint=_INSTALL
        ) from None
    if done.returncode or not (folder / "answer.json").is_file():
        last = (done.stderr.strip() or done.stdout.strip() or "no words").splitlines()[-1]
        raise ResponseError(
            f"ANDES ended with status {done.returncode}: {last[:_LAST_WORDS]}",
            where=words[0],
            hint="see whether the case runs in ANDES alone",
        )


def refusal(facts: dict[str, Any], request: dict[str, Any], python: str) -> ResponseError:
    """Return what a refusal of the child means for the user."""
    code = facts["refused"]
    case = request["case"]
    if code == "missing":
        return ResponseError("this interpreter has no ANDES", where=python, hint=_INSTALL)
    if code == "version":
        return ResponseError(
            f"expected ANDES {VERSION}, got {facts['version']}", where=python, hint=_INSTALL
        )
    if code == "case":
        return ResponseError(
            f"ANDES finds no case {facts['name']!r}",
            where="case",
            hint="name a file, or one of those that powermodel response lists",
        )
    if code == "bus":
        return _no_bus(facts["buses"], request["bus"], case)
    if code == "frequency":
        return ResponseError(
            f"the case {case!r} runs at {facts['mains_hz']:g} Hz, the series is for"
            f" {request['mains_hz']:g} Hz",
            where="mains",
            hint="choose a case of the same frequency, or simulate the site for the other one",
        )
    if code == "base":
        return ResponseError(
            f"the case {case!r} has a base of {facts['base_va'] / 1e6:g} MVA, got"
            f" {request['base_va'] / 1e6:g} MVA",
            where="base",
            hint="leave the base out, or give that of the case",
        )
    return ResponseError(
        f"the case {case!r} has no {code} with {request['mean_w'] / 1e6:g} MW at bus"
        f" {request['bus']}",
        where="bus",
        hint="choose a stronger bus or a larger case",
    )


def _no_bus(buses: list[str], bus: str, case: str) -> ResponseError:
    near = difflib.get_close_matches(bus, buses, n=_SHOWN) or buses[:_SHOWN]
    more = f" and {len(buses) - len(near)} more" if len(buses) > len(near) else ""
    return ResponseError(
        f"the case {case!r} has no bus {bus!r}",
        where="bus",
        hint=f"there are {', '.join(near)}{more}",
    )
