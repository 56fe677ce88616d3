# SPDX-License-Identifier: Apache-2.0
"""What nobody has used for long leaves the cache of compiled code; what somebody uses stays."""

import os
import time
from pathlib import Path

import numpy as np
import pytest

from powermodel_kernels import bind, compiled

DAY_S = 86_400.0
DIGESTS = ("0" * 16, "1" * 16, "2" * 16, "3" * 16)


def twice(x):
    return x + x


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of this module's compiled code, in an empty cache."""
    monkeypatch.setattr(compiled, "cache_directory", lambda: tmp_path)
    return bind.cache_of(__name__)


def entry(place: Path, name: str, *, age_days: float) -> Path:
    """Make what looks like compiled code of long ago."""
    folder = place.with_name(name)
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "f-1.py311.1.nbc").write_bytes(b"code")
    aged(folder, age_days)
    return folder


def aged(path: Path, days: float) -> None:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def driver():
    """Return a compiled function, as another process would make it."""
    return bind.cpu.__wrapped__(twice)


def test_compiling_removes_what_older_sources_left(place):
    old = [entry(place, f"{__name__}-{digest}", age_days=31) for digest in DIGESTS[:2]]
    with_law = entry(place, f"{__name__}-{DIGESTS[0]}-{DIGESTS[1]}", age_days=31)
    young = entry(place, f"{__name__}-{DIGESTS[2]}", age_days=29)
    assert driver()(np.float32(2)) == 4
    assert not any(path.exists() for path in (*old, with_law))
    assert (young / "sub").is_dir()
    assert list(place.rglob("*.nbc"))


def test_code_of_other_modules_and_files_of_others_stay(place):
    kept = entry(place, f"fleet.events-{DIGESTS[0]}", age_days=400)
    mine = entry(place, "notes-of-mine", age_days=400)
    removed_module = entry(place, f"fleet.renamed-{DIGESTS[0]}", age_days=31)
    elsewhere = place.parent / "elsewhere"
    elsewhere.mkdir()
    link = place.with_name(f"{__name__}-{DIGESTS[3]}")
    link.symlink_to(elsewhere, target_is_directory=True)
    aged(elsewhere, 400)
    compiled.clear_unused(place)
    assert kept.is_dir()
    assert mine.is_dir()
    assert elsewhere.is_dir()
    assert not removed_module.exists()


def test_use_is_noted_once_a_day(place):
    assert driver()(np.float32(2)) == 4
    for age_days, noted in ((29, True), (0.5, False)):
        aged(place, age_days)
        before = place.stat().st_mtime
        assert driver()(np.float32(3)) == 6
        assert (place.stat().st_mtime > before) is noted


def test_a_process_goes_on_with_a_cache_that_was_emptied(place, tmp_path):
    double = driver()
    assert double(np.float32(2)) == 4
    compiled.clear(tmp_path)
    assert not any(tmp_path.iterdir())
    assert double(np.float32(3)) == 6
    assert double(np.float64(2)) == 4
    assert list(place.rglob("*.nbc"))


def test_what_cannot_be_kept_is_used_all_the_same(place, monkeypatch):
    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert driver()(np.float32(2)) == 4
    assert not list(place.rglob("*.nbc"))


def test_emptying_leaves_what_is_being_written_and_what_is_not_ours(place):
    code = entry(place, f"fleet.events-{DIGESTS[0]}", age_days=0)
    mine = entry(place, "notes-of-mine", age_days=0)
    cuda = place.with_name("cuda")
    cuda.mkdir()
    whole, written, dead = cuda / f"{'a' * 32}.ptx", cuda / "tmpab12.ptx", cuda / "tmpcd34.ptx"
    for file in (whole, written, dead):
        file.write_bytes(b"code")
    aged(dead, 31)
    assert compiled.used_bytes(place.parent) == 5 * len(b"code")
    compiled.clear(place.parent)
    assert not code.exists()
    assert mine.is_dir()
    assert list(cuda.iterdir()) == [written]


def test_a_cache_that_is_not_there_is_empty(tmp_path):
    compiled.clear(tmp_path / "none")
    compiled.clear_unused(tmp_path / "none" / f"{__name__}-{DIGESTS[0]}")
    assert compiled.used_bytes(tmp_path / "none") == 0
    assert not compiled.note_use(tmp_path / "none")
    assert not compiled.is_unused(tmp_path / "none")
