# SPDX-License-Identifier: Apache-2.0
"""What runs inside the interpreter that has ANDES: reads a request, answers with files, and ends.

``python andes_child.py REQUEST.json ANSWER`` writes ``ANSWER.json`` and, where it went well,
``ANSWER.npz``. ANDES is a program of its own (GPL-3.0): it is started as a process and spoken to by
files, and only this script imports it. powermodel itself never imports this script.

All power is per unit of the case's base here, load positive; speed is per unit of nominal.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

CAMPUS = "campus"
SUPPORTED = "2."


class RefusalError(Exception):
    """Something in the request does not fit the case; its text is for the user."""

    def __init__(self, code: str, **facts: Any) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **facts}


def main(request_path: str, answer_path: str) -> int:
    """Answer one request; the exit status is 0 whenever there is an answer, refusals included."""
    request = json.loads(Path(request_path).read_text(encoding="utf-8"))
    try:
        facts, arrays = answer(request)
    except RefusalError as refusal:
        facts, arrays = refusal.answer, None
    if arrays is not None:
        import numpy as np

        np.savez(f"{answer_path}.npz", **arrays)
    Path(f"{answer_path}.json").write_text(json.dumps(facts), encoding="utf-8")
    return 0


def answer(request: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return facts and arrays for a request."""
    # The folder of this script is no place to import from.
    sys.path.pop(0)
    try:
        andes = importlib.import_module("andes")
    except ImportError as error:
        raise RefusalError("missing", detail=str(error), interpreter=sys.executable) from None
    version = str(andes.__version__)
    if not version.startswith(SUPPORTED):
        raise RefusalError("version", version=version)
    andes.config_logger(50)
    system = load_case(andes, request["files"])
    facts: dict[str, Any] = {
        "version": version,
        "mains_hz": float(system.config.freq),
        "base_va": float(system.config.mva) * 1e6,
        "case_load_w": float(sum(system.PQ.p0.v)) * float(system.config.mva) * 1e6,
    }
    check_case(request, facts)
    bus = found_bus(system, request["bus"])
    add_campus(system, bus, request, facts["base_va"])
    system.setup()
    for device in range(system.Toggle.n):
        system.Toggle.u.v[device] = 0
    if not system.PFlow.run():
        raise RefusalError("power flow", **facts)
    if request["what"] == "linear":
        arrays = linear(system, bus, request)
    else:
        arrays = played(system, bus, request, facts["base_va"])
    names, inertia = machines(system)[1:]
    return {**facts, "bus": str(bus), "machines": names, "inertia_s": inertia}, arrays


def load_case(andes: Any, files: list[str]) -> Any:
    """Read a case: a file, or the name of one that is shipped, and its dynamic data."""
    paths = []
    for name in files:
        path = Path(name)
        if not path.is_file():
            path = Path(andes.__file__).parent / "cases" / name
        if not path.is_file():
            raise RefusalError("case", name=name)
        paths.append(str(path))
    system = andes.load(
        paths[0],
        addfile=paths[1] if len(paths) > 1 else None,
        setup=False,
        default_config=True,
        no_output=True,
    )
    if system is None:
        raise RefusalError("case", name=files[0])
    return system


def check_case(request: dict[str, Any], facts: dict[str, Any]) -> None:
    """Refuse a case of another frequency or another base than was said."""
    mains_hz, base_va = request.get("mains_hz"), request.get("base_va")
    if mains_hz is not None and abs(mains_hz - facts["mains_hz"]) > 1e-6:
        raise RefusalError("frequency", **facts)
    if base_va is not None and abs(base_va - facts["base_va"]) > 1e-6 * base_va:
        raise RefusalError("base", **facts)


def found_bus(system: Any, wanted: str) -> Any:
    """Return the index of a bus that is given by its index, as text."""
    for idx in system.Bus.idx.v:
        if str(idx) == wanted:
            return idx
    raise RefusalError("bus", buses=[str(idx) for idx in system.Bus.idx.v])


def add_campus(system: Any, bus: Any, request: dict[str, Any], base_va: float) -> None:
    """Add the site as a load of constant power of its own, and share its mean among generators.

    No other load changes its nature. Generators take it in proportion to what they give; the
    reference machine takes what is left by losses.
    """
    mean = request["mean_w"] / base_va
    reactive = mean * request["reactive_ratio"]
    voltage_kv = system.Bus.get("Vn", bus)
    system.add("PQ", {"idx": CAMPUS, "bus": bus, "Vn": voltage_kv, "p0": mean, "q0": reactive})
    power = {"kpp": 100, "kpi": 0, "kpz": 0, "kqp": 100, "kqi": 0, "kqz": 0}
    system.add("ZIP", {"idx": f"{CAMPUS}_zip", "pq": CAMPUS, **power})
    given = sum(system.PV.p0.v) + sum(system.Slack.p0.v)
    share = 1.0 + mean / given
    system.PV.p0.v[:] = [p * share for p in system.PV.p0.v]


def machines(system: Any) -> tuple[Any, list[str], list[float]]:
    """Return addresses of all machines' speeds, their names, and their H S / base, s."""
    import numpy as np

    addresses, names, inertia = [], [], []
    for model in system.groups["SynGen"].models.values():
        if model.n:
            addresses.append(np.asarray(model.omega.a))
            names += [str(idx) for idx in model.idx.v]
            inertia += [float(m) / 2.0 for m in model.M.v]
    return np.concatenate(addresses), names, inertia


def started(system: Any) -> None:
    """Bring the case to rest with its dynamics."""
    system.TDS.config.no_tqdm = 1
    system.TDS.init()
    if not system.TDS.test_ok:
        raise RefusalError("initial state")
    # One step at rest, which leaves the Jacobians of that state behind.
    system.TDS.itm_step()


def linear(system: Any, bus: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Return speed and bus voltage per unit of load at every frequency, and the modes.

    At rest T x' = f(x, y) and 0 = g(x, y) + e u, u being the load: with the Jacobians of ANDES,
    (s T - fx) X - fy Y = 0 and gx X + gy Y = -e U.
    """
    import numpy as np
    from scipy.sparse import bmat, diags
    from scipy.sparse.linalg import splu

    started(system)
    dae = system.dae
    fx, fy, gx, gy = (_sparse(part) for part in (dae.fx, dae.fy, dae.gx, dae.gy))
    mass = diags(np.asarray(dae.Tf, dtype=float))
    at = system.Bus.idx2uid(bus)
    right = np.zeros(dae.n + dae.m, dtype=complex)
    right[dae.n + system.Bus.a.a[at]] = -1.0
    right[dae.n + system.Bus.v.a[at]] = -request["reactive_ratio"]
    speeds = machines(system)[0]
    frequency_hz = np.asarray(request["frequency_hz"])
    gain = np.empty((speeds.size, frequency_hz.size), dtype=complex)
    voltage = np.empty(frequency_hz.size, dtype=complex)
    for k, hz in enumerate(frequency_hz):
        whole = bmat([[2j * np.pi * hz * mass - fx, -fy], [gx, gy]], format="csc")
        solution = splu(whole).solve(right)
        gain[:, k] = solution[speeds]
        voltage[k] = solution[dae.n + system.Bus.v.a[at]]
    return {"gain": gain, "voltage": voltage, **modes(system, speeds)}


def modes(system: Any, speeds: Any) -> dict[str, Any]:
    """Return eigenvalues (1/s) above the real axis, and how far speeds take part in each."""
    import numpy as np
    from scipy.linalg import eig

    matrix = np.asarray(system.EIG.calc_As(), dtype=float)
    kept = {str(name) for name in np.asarray(system.dae.x_name)[speeds]}
    rows = np.array([str(name) in kept for name in system.EIG.x_name])
    found, left, right = eig(matrix, left=True, right=True)
    factors = np.abs(left * right)
    part = factors[rows].sum(axis=0) / factors.sum(axis=0)
    above = found.imag > 1e-6
    return {"eigenvalues": found[above], "speed_part": part[above]}


def played(system: Any, bus: Any, request: dict[str, Any], base_va: float) -> dict[str, Any]:
    """Return speeds and voltage while the load follows the series, step by step."""
    import numpy as np

    power = np.load(request["series"])["power_w"] / base_va
    step_s, ratio = request["step_s"], request["reactive_ratio"]
    config = system.TDS.config
    config.fixt, config.shrinkt, config.tstep, config.no_tqdm = 1, 0, step_s, 1
    config.criteria = 0
    # Half a step past the grid: an end on the grid may shrink the last step to nothing.
    config.tf = (power.size - 1) * step_s + step_s / 2
    place = system.ZIP.idx2uid(f"{CAMPUS}_zip")

    def play(t: float, case: Any) -> None:
        """Set the load at the end of each step, once per step."""
        at = min(round(float(t) / step_s), power.size - 1)
        case.ZIP.pp0.v[place] = power[at]
        case.ZIP.qp0.v[place] = power[at] * ratio

    system.TDS.callpert = play
    done = bool(system.TDS.run())
    series = system.dae.ts
    speeds = machines(system)[0]
    at = system.Bus.v.a[system.Bus.idx2uid(bus)]
    return {
        "time_s": np.asarray(series.t),
        "speed": np.asarray(series.x[:, speeds]) - 1.0,
        "voltage": np.asarray(series.y[:, at]),
        "done": np.array(done),
    }


def _sparse(part: Any) -> Any:
    """Return a kvxopt matrix as one of SciPy."""
    import numpy as np
    from scipy.sparse import csc_matrix

    triplets = (
        np.asarray(part.V).ravel(),
        (np.asarray(part.I).ravel(), np.asarray(part.J).ravel()),
    )
    return csc_matrix(triplets, shape=part.size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2]))
