# SPDX-License-Identifier: Apache-2.0
"""The folder that a grid planner gets: page, series, files for tools, verdicts, and a manifest."""

from powermodel.handoff.errors import HandoffError
from powermodel.handoff.package import Order, Package, hand_off

__all__ = ["HandoffError", "Order", "Package", "hand_off"]
