# SPDX-License-Identifier: Apache-2.0
"""Points drawn over a space: to cover it, or so that indices of sensitivity follow."""

from __future__ import annotations

import importlib
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.values import Value, evenly
from powermodel.errors import UnitError
from powermodel.scenario.base import Finding, InvalidError, Part, Whole

Method = Literal["sobol", "lhs", "saltelli", "morris"]
LEVELS = 4
"""Of a Morris design, evenly from the low end to the high end of a range."""
_POWER_OF_TWO = ("sobol", "saltelli")
_MOST = 2**20


class Between(Part):
    """Where a sampled value lies."""

    low: Value
    high: Value
    step: Value | None = None
    """Only multiples of it from the low end on."""
    path: str | None = None
    """Left out, the key is the path."""

    @model_validator(mode="before")
    @classmethod
    def _a_pair_is_its_ends(cls, data: Any) -> Any:
        if isinstance(data, list | tuple) and len(data) == 2:
            return {"low": data[0], "high": data[1]}
        return data

    @model_validator(mode="after")
    def _readable(self) -> Self:
        count = 2 if self.step is None else None
        try:
            evenly(self.low, self.high, self.step, count)
        except UnitError as error:
            raise InvalidError(Finding(error.message, hint=error.hint)) from None
        return self


class Samples(Part):
    """Points drawn over a space instead of crossed values."""

    method: Method
    """``sobol`` and ``lhs`` cover the space, the latter as a Latin hypercube, another one for every
    n. ``saltelli`` gives Sobol indices from n times (ranges + 2) points, ``morris`` screens with n
    trajectories of (ranges + 1) points. All but ``lhs`` can be extended."""
    n: int = Field(ge=1, le=_MOST)
    ranges: dict[str, Between] = Field(min_length=1)
    seed: Whole = 0
    """Of the draw, not of the runs."""

    @model_validator(mode="after")
    def _balanced(self) -> Self:
        if self.method in _POWER_OF_TWO and self.n & (self.n - 1):
            below = 1 << (self.n.bit_length() - 1)
            raise InvalidError(
                Finding(
                    f"expected a power of two, got {self.n}",
                    ("n",),
                    f"Sobol points are balanced only then: {below} or {2 * below}",
                )
            )
        if self.method in ("saltelli", "morris") and (len(self.ranges) < 2 or self.n < 2):
            raise InvalidError(
                Finding(
                    f"expected two ranges or more and n of 2 or more for {self.method}, got "
                    f"{len(self.ranges)} and {self.n}",
                    hint="an axis shows what one value does",
                )
            )
        if self.points > _MOST:
            raise InvalidError(
                Finding(f"expected at most {_MOST:,} points, got {self.points:,}", ("n",))
            )
        return self

    @property
    def points(self) -> int:
        """How many points are drawn."""
        more = {"saltelli": len(self.ranges) + 2, "morris": len(self.ranges) + 1}
        return self.n * more.get(self.method, 1)

    def shares(self) -> NDArray[np.float64]:
        """Return the points by range, as shares from 0 to 1 of the way from low to high."""
        if self.method in ("sobol", "lhs"):
            return self._covering()
        kind = "sobol" if self.method == "saltelli" else "morris"
        sampler = salib(f"sample.{kind}")
        if self.method == "saltelli":
            found = sampler.sample(self.problem, self.n, calc_second_order=False, seed=self.seed)
        else:
            found = sampler.sample(self.problem, self.n, num_levels=LEVELS, seed=self.seed)
        return np.asarray(found, dtype=np.float64)

    def _covering(self) -> NDArray[np.float64]:
        from scipy.stats import qmc

        kind = qmc.Sobol if self.method == "sobol" else qmc.LatinHypercube
        draw = kind(d=len(self.ranges), seed=np.random.default_rng(self.seed))
        return np.asarray(draw.random(self.n), dtype=np.float64)

    @property
    def problem(self) -> dict[str, Any]:
        """The space as SALib reads it."""
        names = list(self.ranges)
        return {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}


def salib(module: str) -> Any:
    """Return a module of SALib.

    Raises
    ------
    StudyError
        If it is not installed.
    """
    try:
        return importlib.import_module(f"SALib.{module}")
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != "SALib":
            raise
        raise StudyError(
            "indices of sensitivity need SALib, which is not installed",
            hint="pip install 'powermodel[studies]'",
        ) from None
