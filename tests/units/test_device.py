# SPDX-License-Identifier: Apache-2.0
"""A device is the one that was asked for, or an error."""

from __future__ import annotations

import pytest

from powermodel.device import resolve
from powermodel.errors import DeviceError


def test_cpu_is_the_cpu() -> None:
    assert resolve("cpu").name == "cpu"


def test_auto_says_what_it_took() -> None:
    device = resolve("auto")
    assert device.name == "cpu"
    assert "auto" in device.reason


@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_cuda_is_refused_with_the_cure(name: str) -> None:
    with pytest.raises(DeviceError) as caught:
        resolve(name)
    assert "this version has no CUDA engine" in str(caught.value)
    assert "use device 'cpu'" in str(caught.value)
    assert caught.value.exit_code == 4


def test_unknown_device_lists_the_valid() -> None:
    with pytest.raises(DeviceError, match="unknown device 'tpu'\n  hint: valid: cpu, cuda"):
        resolve("tpu")
