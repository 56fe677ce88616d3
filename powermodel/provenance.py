# SPDX-License-Identifier: Apache-2.0
"""Where a result comes from: the attributes that every store carries and that a resume compares."""

from __future__ import annotations

import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from powermodel.schema import CONVENTIONS, FORMAT_VERSION

PACKAGES = ("powermodel", "numpy", "numba", "xarray", "zarr")
"""Packages whose version can change a result or its file."""

MUST_MATCH = (
    "format_version",
    "powermodel_version",
    "scenario_digest",
    "seed",
    "engine",
    "dt_s",
    "duration_s",
    "load_from",
)
"""Attributes that must be the same for a run to be resumed to the same bytes."""


@cache
def package_version(name: str) -> str:
    """Return the installed version of a package, or ``"not installed"``."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def run_attributes(
    scenario_yaml: str,
    digest: str,
    *,
    seed: int,
    engine: str,
    device: str,
    dt_s: float,
    duration_s: float,
    title: str = "Electrical load of an AI training site",
) -> dict[str, Any]:
    """Return the root attributes of a store. No clock and no host name: a rerun gives the same.

    Parameters
    ----------
    scenario_yaml : str
        The whole scenario, as it can be loaded again.
    digest : str
        Digest of the scenario.
    seed : int
        Seed of all addressed random numbers.
    engine, device : str
        Fleet engine and device that compute the run.
    dt_s : float
        Time step, in s.
    duration_s : float
        Length of the run, in s.
    title : str
        CF title.

    Returns
    -------
    dict
        Text and numbers only, so that Zarr, netCDF and JSON can all hold it.
    """
    versions = {f"{name}_version": package_version(name) for name in PACKAGES}
    return {
        "Conventions": CONVENTIONS,
        "title": title,
        "source": f"powermodel {versions['powermodel_version']}",
        "format_version": FORMAT_VERSION,
        "scenario": scenario_yaml,
        "scenario_digest": digest,
        "seed": int(seed),
        "engine": engine,
        "device": device,
        "dt_s": float(dt_s),
        "duration_s": float(duration_s),
        **versions,
        "python_version": platform.python_version(),
    }


def differences(stored: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Name what keeps a stored run from being resumed as the wanted one, in words.

    Parameters
    ----------
    stored, wanted : dict
        Root attributes as `run_attributes` makes them.
    """
    return [
        f"{name} is {stored.get(name)!r} in the store, {wanted.get(name)!r} in this run"
        for name in MUST_MATCH
        if stored.get(name) != wanted.get(name)
    ]
