# SPDX-License-Identifier: Apache-2.0
"""The same setting under several seeds: the worst one decides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from powermodel.sizing.bisection import Smallest, smallest
from powermodel.sizing.errors import SizingError
from powermodel.sizing.setting import Evaluate, Measured, Setting

Ahead = Callable[[Iterator[tuple[Setting, int]]], None]
"""Told which runs may be asked for next, the likeliest first."""


@dataclass(frozen=True, slots=True)
class Judged:
    """All seeds of one setting."""

    setting: Setting
    seeds: tuple[int, ...]
    runs: tuple[Measured, ...]

    @property
    def worst(self) -> Measured:
        """The run with the smallest margin; the first of equals."""
        return min(self.runs, key=lambda run: run.margin)

    @property
    def worst_seed(self) -> int:
        """Its seed."""
        return self.seeds[self.runs.index(self.worst)]

    @property
    def margin(self) -> float:
        """Smallest margin of all seeds."""
        return self.worst.margin

    @property
    def passes(self) -> bool:
        """Whether every seed keeps every limit."""
        return all(run.passes for run in self.runs)


class SeedEnsemble:
    """Runs of settings under several seeds, each made once.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(setting, seed)``.
    seeds : iterable of int
        At least one, each once.
    workers : int
        Runs at a time; no result depends on it.
    ahead : callable
        Told what may be evaluated next; no result depends on it.
    """

    def __init__(
        self,
        evaluate: Evaluate,
        seeds: Iterable[int],
        workers: int = 1,
        ahead: Ahead = lambda runs: None,
    ) -> None:
        self.seeds = tuple(seeds)
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise SizingError(f"expected at least one seed, each once, got {list(self.seeds)}")
        self._evaluate = evaluate
        self._workers = max(1, workers)
        self._ahead = ahead
        self._known: dict[tuple[Setting, int], Measured] = {}
        # A seed that failed once is asked first: most failures are then seen in one run.
        self._hardest = list(self.seeds)

    def only(self, seed: int) -> SeedEnsemble:
        """Return the ensemble of one of the seeds; what is known is shared."""
        single = SeedEnsemble(self._evaluate, (seed,), 1, self._ahead)
        single._known = self._known
        return single

    @property
    def runs(self) -> int:
        """Runs that were made so far."""
        return len(self._known)

    def judge(self, setting: Setting) -> Judged:
        """Return all seeds of a setting."""
        self._expect([setting])
        self._run(setting, self.seeds)
        found = tuple(self._known[setting, seed] for seed in self.seeds)
        return Judged(setting, self.seeds, found)

    def passes(self, setting: Setting) -> bool:
        """Whether every seed keeps every limit; stops at the first that does not."""
        self._expect([setting])
        waiting = list(self._hardest)
        while waiting:
            batch, waiting = waiting[: self._workers], waiting[self._workers :]
            self._run(setting, batch)
            for seed in batch:
                if not self._known[setting, seed].passes:
                    self._hardest.remove(seed)
                    self._hardest.insert(0, seed)
                    return False
        return True

    def fewest(self, base: Setting, most: int) -> Smallest:
        """Search the smallest number of units, up to `most`, with which a setting passes."""
        return smallest(
            lambda units: self.passes(base.with_units(units)),
            most,
            lambda numbers: self._expect(base.with_units(units) for units in numbers),
        )

    def _expect(self, settings: Iterable[Setting]) -> None:
        runs = ((setting, seed) for setting in settings for seed in self.seeds)
        self._ahead(run for run in runs if run not in self._known)

    def _run(self, setting: Setting, seeds: Iterable[int]) -> None:
        missing = [seed for seed in seeds if (setting, seed) not in self._known]
        if len(missing) < 2 or self._workers == 1:
            found = [self._evaluate(setting, seed) for seed in missing]
        else:
            with ThreadPoolExecutor(self._workers) as pool:
                found = list(pool.map(lambda seed: self._evaluate(setting, seed), missing))
        for seed, run in zip(missing, found, strict=True):
            self._known[setting, seed] = run
