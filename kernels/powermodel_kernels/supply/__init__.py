# SPDX-License-Identifier: Apache-2.0
"""What feeds the site: stages and their losses, cooling, island, grid, shaft and ride-through."""
