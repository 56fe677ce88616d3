# SPDX-License-Identifier: Apache-2.0
"""``powermodel sweep``: a study of many runs into one store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from powermodel.cli.errors import CommandError
from powermodel.cli.options import Flag
from powermodel.cli.progress import clock
from powermodel.cli.study import draw
from powermodel.cli.terminal import command_line, print_note, print_table

if TYPE_CHECKING:
    import xarray as xr

    from powermodel.ensemble import StudyProgress

_INTERRUPTED = 130
_TENTHS = 10
_PATIENCE_S = 30.0


def sweep(
    study: str,
    out: str,
    /,
    *,
    workers: int | None = None,
    device: str = "cpu",
    scheduler: str | None = None,
    dashboard: Flag = False,
    indicator: str = "swing[1 s]",
    picture: str | None = None,
    tornado: str | None = None,
    worst: str | None = None,
    resume: Flag = False,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> int:
    """Run a study: one scenario along axes, with seeds, into one Zarr store.

    Ctrl-C, or a kill, leaves what is whole.
    --resume goes on with it, also with values and seeds added to the study.

    Parameters
    ----------
    study : str
        A file, or the name of a shipped study.
    out : str
        The store to write, such as out.zarr.
    workers : int
        Processes on this machine, one thread each; by default all cores, or all GPUs.
    device : str
        cpu, cuda for one worker on each GPU, or cuda:N.
    scheduler : str
        Address of a running Dask scheduler whose workers are used instead.
    dashboard : bool
        Serve Dask's dashboard on this machine's loopback interface.
    indicator : str
        What the picture and the worst run at the end are about.
    picture : str
        Draw percentiles and effects of the indicator: .png, .svg or .pdf.
    tornado : str
        Draw what moves the indicator most: .png, .svg or .pdf.
    worst : str
        Write the scenario of the run with the largest value, to run it alone: a .yaml file.
    resume : bool
        Go on with a study that was interrupted, or add to one that is whole.
    overwrite : bool
        Replace a store that exists.
    quiet : bool
        Say nothing but notes and errors.
    """
    if resume and overwrite:
        raise CommandError(
            "--resume goes on with a store and --overwrite replaces it", hint="choose one"
        )
    if workers is not None and workers < 1:
        raise CommandError(f"expected at least one worker, got {workers}", where="--workers")
    from powermodel.ensemble import Study, open_study, run_study
    from powermodel.ensemble.estimate import plan_study
    from powermodel.ensemble.layout import checked_indicator

    found = Study.load(study)
    planned = plan_study(found, workers)
    checked_indicator(found, indicator)
    if not quiet:
        for label, text in planned.rows():
            print_note(text, f"{label}:", "dim")
    tell = _Lines(quiet)
    try:
        run_study(
            found, out, workers=workers, device=device, scheduler=scheduler, dashboard=dashboard,
            resume=resume, overwrite=overwrite, progress=tell,
        )  # fmt: skip
    except KeyboardInterrupt:
        print_note(f"{tell.words} are whole and kept", "interrupted:", "bold yellow")
        words = [study, out] + (["--workers", str(workers)] if workers else [])
        words += ["--device", device] if device != "cpu" else []
        print_note(command_line("sweep", *words, "--resume"), "go on with:")
        return _INTERRUPTED
    runs = open_study(out, check=False)
    for drawn in draw(runs, indicator, picture, tornado):
        print(drawn)
    if worst is not None:
        _write_worst(runs, indicator, worst)
    if not quiet:
        print(f"{out}: complete, {planned.runs:,} runs")
        _say_worst(runs, indicator)
        print(f"next: {command_line('study', out)}")
    return 0


def _write_worst(runs: xr.DataTree, indicator: str, path: str) -> None:
    from pathlib import Path

    from powermodel.ensemble import worst

    try:
        Path(path).write_text(worst(runs, indicator).scenario.to_yaml(), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"cannot be written: {error.strerror or error}", where=path) from None


def _say_worst(runs: xr.DataTree, indicator: str) -> None:
    from powermodel.ensemble import worst
    from powermodel.ensemble.reduction import indicator_of
    from powermodel.indicators.indicator import display

    if bool(indicator_of(runs, indicator).isnull().all()):
        print_note(f"no run has a value of {indicator!r}: ask for another with --indicator")
        return
    found = worst(runs, indicator)
    rows = [(f"largest {indicator}", display(found.value, found.unit))]
    rows += [(name, str(label)) for name, label in found.labels.items()]
    rows.append(("seed", str(found.seed)))
    if found.command is not None:
        rows.append(("alone", found.command))
    print_table(rows)


class _Lines:
    """Writes a line when another tenth is done, or after a while."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._said: StudyProgress | None = None
        self.words = "0 runs"

    def __call__(self, now: StudyProgress) -> None:
        """Take the news of the study."""
        self.words = f"{now.done:,} of {now.runs:,} runs"
        if self._quiet or not self._is_due(now):
            return
        self._said = now
        computed = now.done - now.restored
        pace = "starting"
        if computed and now.done < now.runs:
            left_s = now.elapsed_s / computed * (now.runs - now.done)
            pace = f"{clock(left_s)} left"
        elif now.done == now.runs:
            pace = f"took {clock(now.elapsed_s)}"
        print_note(f"{self.words}, {pace}")

    def _is_due(self, now: StudyProgress) -> bool:
        if self._said is None or now.done == now.runs:
            return True
        before, after = (_TENTHS * at.done // at.runs for at in (self._said, now))
        return after > before or now.elapsed_s - self._said.elapsed_s >= _PATIENCE_S
