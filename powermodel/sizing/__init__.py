# SPDX-License-Identifier: Apache-2.0
"""How many units, joules and percent it takes to keep limits, with margin and what binds."""
