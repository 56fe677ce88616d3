# SPDX-License-Identifier: Apache-2.0
"""Running a scenario: the stages in their order, block by block, into a store."""

from powermodel.simulation.run import Progress, simulate, write_run

__all__ = ["Progress", "simulate", "write_run"]
