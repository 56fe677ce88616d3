# SPDX-License-Identifier: Apache-2.0
"""powermodel: what an AI training site does to the grid, millisecond by millisecond."""
