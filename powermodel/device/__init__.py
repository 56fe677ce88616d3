# SPDX-License-Identifier: Apache-2.0
"""Where a run computes, and what there is of NVIDIA GPUs on this machine."""

from powermodel.device.choice import Device, cuda_problem, resolve

__all__ = ["Device", "cuda_problem", "resolve"]
