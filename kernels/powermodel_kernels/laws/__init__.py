# SPDX-License-Identifier: Apache-2.0
"""Scalar laws in plain Python: SI units in, SI units out."""
