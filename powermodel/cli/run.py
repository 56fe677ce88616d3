# SPDX-License-Identifier: Apache-2.0
"""``powermodel run``: simulate a scenario into a store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from powermodel.cli.errors import CommandError
from powermodel.cli.options import Change, Changes, Flag, parse_changes, read_scenario
from powermodel.cli.progress import Silent, amount, clock, watch
from powermodel.cli.terminal import bytes_words, command_line, print_note

if TYPE_CHECKING:
    from powermodel.planning import Plan
    from powermodel.scenario import Scenario

_INTERRUPTED = 130
# What the options of their own are in the scenario.
_PATHS = {"duration": "time.duration", "dt": "time.dt", "seed": "seed", "engine": "engine"}


def run(
    scenario: str,
    out: str,
    /,
    *,
    duration: str | None = None,
    dt: str | None = None,
    seed: int | None = None,
    engine: Literal["events", "steps"] | None = None,
    device: str = "auto",
    load_from: str | None = None,
    set_: Changes = None,
    resume: Flag = False,
    overwrite: Flag = False,
    quiet: Flag = False,
) -> int:
    """Simulate a scenario into a Zarr store.

    Ctrl-C, or a kill, leaves what is whole.
    --resume goes on with it and ends with the same bytes.

    Parameters
    ----------
    scenario : str
        A file, or the name of a shipped scenario.
    out : str
        The store to write, such as out.zarr.
    duration : str
        How long, such as 60s or "10 min".
    dt : str
        Time between two samples, such as 1ms.
    seed : int
        Seed of all random numbers.
    engine : str
        events is fast; steps walks every accelerator through every step.
    device : str
        cpu, cuda, cuda:N or auto. Nothing else is taken in its place.
    load_from : str
        A run whose load is taken in place of jobs and racks: only storage and supply are computed.
    set_ : list of str
        Replace a value, as in --set jobs.0.accelerators=1000. May be given several times.
    resume : bool
        Go on with a run that was interrupted.
    overwrite : bool
        Replace a store that exists.
    quiet : bool
        Say nothing but notes and errors.
    """
    from powermodel.device import resolve
    from powermodel.planning import plan

    if resume and overwrite:
        raise CommandError(
            "--resume goes on with a store and --overwrite replaces it", hint="choose one"
        )
    options = _given(duration=duration, dt=dt, seed=seed, engine=engine)
    taken = resolve(device)
    changes = [Change(f"--{name} {value}", _PATHS[name], value) for name, value in options.items()]
    checked = read_scenario(scenario, [*parse_changes(set_), *changes])
    planned = plan(checked)
    if not quiet:
        _announce(planned, f"{taken.name} ({taken.reason})")
        if taken.number is not None:
            _announce_cuda(planned)
    for warning in planned.warnings:
        print_note(warning, "note:")

    if device != "auto":
        options["device"] = device
    if load_from is not None:
        options["load-from"] = load_from
    typed = [(f"--{name}", value) for name, value in options.items()]
    typed += [("--set", change) for change in set_ or ()]
    again = [scenario, out, *(word for pair in typed for word in pair)]
    return _simulate(
        planned.scenario,
        out,
        again,
        device=device,
        load_from=load_from,
        resume=resume,
        overwrite=overwrite,
        quiet=quiet,
    )


def _given(**options: str | int | None) -> dict[str, str]:
    """Return the options that were given, as text."""
    return {name: str(value) for name, value in options.items() if value is not None}


def _announce(plan: Plan, device: str) -> None:
    from powermodel.units import format_s

    print_note(
        f"{plan.scenario.name}: {plan.accelerators:,} accelerators in {plan.racks:,} racks,"
        f" {format_s(plan.duration_s)} at {format_s(plan.dt_s)}, seed {plan.scenario.seed}"
    )
    print_note(
        f"device {device}; expects {clock(plan.seconds)}, {bytes_words(plan.memory_bytes)} of"
        f" memory, {bytes_words(plan.disk_bytes)} of disk"
    )
    if not _is_compiled():
        print_note(
            "the kernels are compiled first, which takes a minute or two; later runs find them done"
        )


def _announce_cuda(plan: Plan) -> None:
    from powermodel.planning.gpu import left_to_cpu, taken_by_gpu

    print_note(f"GPU: {', '.join(taken_by_gpu(plan.scenario))}")
    print_note(f"CPU: {', '.join(left_to_cpu(plan.scenario))}")


def _is_compiled() -> bool:
    """Whether some run has left compiled kernels on this machine."""
    from powermodel_kernels.bind import cache_of

    place = cache_of("powermodel_kernels.fleet.events")
    return place is not None and any(place.rglob("*.nbc"))


def _simulate(
    scenario: Scenario,
    out: str,
    again: list[str],
    *,
    device: str,
    load_from: str | None,
    resume: bool,
    overwrite: bool,
    quiet: bool,
) -> int:
    from powermodel.simulation import write_run

    progress = watch(quiet=quiet)
    try:
        with progress:
            write_run(
                scenario,
                out,
                resume=resume,
                overwrite=overwrite,
                device=device,
                load_from=load_from,
                progress=progress,
            )
    except KeyboardInterrupt:
        _say_interrupted(progress, again, resume, overwrite)
        return _INTERRUPTED
    if not quiet:
        _say_done(out)
    return 0


def _say_interrupted(progress: Silent, again: list[str], resume: bool, overwrite: bool) -> None:
    """Say what is kept, and the exact command that goes on."""
    option = {"--resume": resume, "--overwrite": overwrite}
    kept = "before anything was written"
    if progress.marks:
        option = {"--resume": True}
        kept = f"{amount(progress.marks[-1])} are whole and kept"
    print_note(kept, "interrupted:", "bold yellow")
    again = [*again, *(name for name, chosen in option.items() if chosen)]
    print_note(command_line("run", *again), "go on with:")


def _say_done(out: str) -> None:
    picture = f"{out.rstrip('/').removesuffix('.zarr')}.png"
    print(f"{out}: complete")
    print(f"next: {command_line('show', out)}")
    print(f"      {command_line('plot', out, picture)}")
