# SPDX-License-Identifier: Apache-2.0
"""The dimensions of a study: names and coordinates, from its axes and samples."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from powermodel.ensemble.errors import StudyError
from powermodel.ensemble.samples import Samples
from powermodel.ensemble.study import RESERVED, Axis, Study
from powermodel.ensemble.values import Value, between

Changes: TypeAlias = tuple[tuple[str, Value], ...]
_COMMON = ("time", "output", "name", "powermodel", "description")


@dataclass(frozen=True, slots=True)
class Dim:
    """One dimension of the result.

    Parameters
    ----------
    name : str
        Such as ``"units"``.
    labels : dict of str to tuple
        Coordinates along it by their name; that with the name of the dimension comes first.
    paths : dict of str to str
        Where in the scenario the values of a coordinate stand; a coordinate without path is a
        number only.
    """

    name: str
    labels: dict[str, tuple[Value, ...]]
    paths: dict[str, str]

    @property
    def size(self) -> int:
        """How many places it has."""
        return len(self.labels[self.name])

    def key(self, index: int) -> tuple[Value, ...]:
        """Return what tells a place from the others: all its labels."""
        return tuple(labels[index] for labels in self.labels.values())

    def changes(self, index: int) -> Changes:
        """Return what the scenario has at a place."""
        return tuple((path, self.labels[name][index]) for name, path in self.paths.items())

    def alike(self, idle: Collection[str]) -> list[tuple[int, ...]]:
        """Return for each place those that differ from it in idle paths alone, and itself."""
        groups: dict[Changes, list[int]] = {}
        keys = []
        for index in range(self.size):
            keys.append(tuple(one for one in self.changes(index) if one[0] not in idle))
            groups.setdefault(keys[-1], []).append(index)
        return [tuple(groups[key]) for key in keys]

    def to_dict(self) -> dict[str, Any]:
        """Return it as what JSON can hold."""
        labels = {name: list(values) for name, values in self.labels.items()}
        return {"name": self.name, "labels": labels, "paths": dict(self.paths)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Dim:
        """Read what `to_dict` returned."""
        labels = {name: tuple(values) for name, values in data["labels"].items()}
        return cls(data["name"], labels, dict(data["paths"]))


def dims_of(study: Study) -> tuple[Dim, ...]:
    """Return the dimensions of a study, seeds aside.

    Raises
    ------
    StudyError
        If names clash or axes that go together differ in length.
    """
    names = _names({key: axis.path or key for key, axis in study.axes.items()}, study.axes)
    axes = {names[key]: (axis.path or key, axis) for key, axis in study.axes.items()}
    dims: list[Dim] = []
    for leader, members in _groups(study, names):
        _same_length(leader, members, axes)
        labels = {name: axes[name][1].all_values for name in members}
        dims.append(Dim(leader, labels, {name: axes[name][0] for name in members}))
    if study.samples is not None:
        dims.append(_sampled(study.samples))
    taken = [name for dim in dims for name in dim.labels]
    paths = [path for dim in dims for path in dim.paths.values()]
    for what, found in (("name", taken), ("path", paths)):
        twice = sorted({one for one in found if found.count(one) > 1})
        if twice:
            raise StudyError(f"expected every {what} once, got {twice[0]!r} twice", where="axes")
    for path in paths:
        if path.split(".")[0] in _COMMON:
            raise StudyError(
                "is the same for all runs of a study", where=path, hint="change it under 'set'"
            )
    return tuple(dims)


def _names(paths: dict[str, str], axes: dict[str, Axis]) -> dict[str, str]:
    """Return a name for each key: its own where the path is given, else the end of the path."""
    given = {key for key in paths if axes[key].path is not None}
    return _short(paths, given, "axes")


def _short(paths: dict[str, str], given: set[str], where: str) -> dict[str, str]:
    ends = {key: [p for p in path.split(".") if p != "*"][-1] for key, path in paths.items()}
    found = {}
    for key in paths:
        alone = list(ends.values()).count(ends[key]) == 1 and not ends[key].isdecimal()
        found[key] = key if key in given else ends[key] if alone else key.replace(".", "_")
    for key, name in found.items():
        if name in RESERVED and name != "seed":
            raise StudyError(
                f"{name!r} is the name of something else in the result",
                where=f"{where}.{key}",
                hint=f"give it another: my_{name}: {{path: {paths[key]}, values: [...]}}",
            )
        if name == "seed" or paths[key] == "seed":
            raise StudyError("seeds stand under 'seeds'", where=f"{where}.{key}")
    return found


def _groups(study: Study, names: dict[str, str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each dimension of the axes: the name of its first axis, and of all on it."""
    group_of: dict[str, tuple[str, ...]] = {}
    for group in study.zipped:
        if len(group) < 2:
            raise StudyError("expected at least two axes that go together", where="zipped")
        members = tuple(names.get(name, name) for name in group)
        for name in members:
            if name not in names.values():
                raise StudyError(
                    f"there is no axis {name!r}",
                    where="zipped",
                    hint=f"there are {', '.join(names.values())}",
                )
            if name in group_of:
                raise StudyError(f"axis {name!r} stands in two groups", where="zipped")
            group_of[name] = members
    for name in names.values():
        members = group_of.get(name, (name,))
        if members[0] == name:
            yield name, members


def _same_length(leader: str, members: tuple[str, ...], axes: dict[str, tuple[str, Axis]]) -> None:
    counts = {name: len(axes[name][1].all_values) for name in members}
    if len(set(counts.values())) > 1:
        words = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise StudyError(
            f"axes that go together need equally many values: {words}", where=f"axes.{leader}"
        )


def _sampled(samples: Samples) -> Dim:
    shares = samples.shares()
    paths = {key: end.path or key for key, end in samples.ranges.items()}
    given = {key for key, end in samples.ranges.items() if end.path is not None}
    names = _short(paths, given, "samples.ranges")
    labels: dict[str, tuple[Value, ...]] = {"sample": tuple(range(len(shares)))}
    for column, (key, end) in enumerate(samples.ranges.items()):
        values = (between(float(share), end.low, end.high, end.step) for share in shares[:, column])
        labels[names[key]] = tuple(values)
    return Dim("sample", labels, {names[key]: path for key, path in paths.items()})


def grown(stored: tuple[Dim, ...], wanted: tuple[Dim, ...]) -> tuple[Dim, ...]:
    """Return stored dimensions with what a study adds to them at their ends.

    Raises
    ------
    StudyError
        If the study has other dimensions, or lacks a place that is stored.
    """
    if [(dim.name, dim.paths) for dim in stored] != [(dim.name, dim.paths) for dim in wanted]:
        old, new = (", ".join(dim.name for dim in dims) or "none" for dims in (stored, wanted))
        raise StudyError(
            f"the store has the axes {old}, this study has {new}",
            hint="only values and seeds can be added to a study; write another store",
        )
    return tuple(_grown(old, new) for old, new in zip(stored, wanted, strict=True))


def _grown(old: Dim, new: Dim) -> Dim:
    had = [old.key(index) for index in range(old.size)]
    has = [new.key(index) for index in range(new.size)]
    missing = [key for key in had if key not in has]
    if missing:
        shown = ", ".join(str(part) for part in missing[0])
        raise StudyError(
            f"the store has {old.name} {shown}, which this study lacks",
            hint="values can be added to a study, not taken away; a Latin hypercube of another "
            "size is another draw",
        )
    keys = had + [key for key in has if key not in set(had)]
    columns = zip(*keys, strict=True)
    return Dim(old.name, dict(zip(old.labels, columns, strict=True)), old.paths)
