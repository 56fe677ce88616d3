# SPDX-License-Identifier: Apache-2.0
"""Numbers: arrays in, arrays out. Scalar laws in ``laws``, drivers over arrays beside it.

The drivers follow the electricity: ``timeline`` (when barriers open), ``fleet`` (accelerators,
summed to racks), ``chain`` (rack supplies, halls). Nothing here knows scenarios, stores or units
other than ticks, quanta and SI.
"""
