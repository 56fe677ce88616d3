# SPDX-License-Identifier: Apache-2.0
"""The fleet on NVIDIA GPUs: the same laws, drivers of their own.

``compiler`` is the only file that imports the CUDA compiler; nothing outside this folder imports
the folder unless a CUDA device is asked for.
"""
