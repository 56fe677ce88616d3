# SPDX-License-Identifier: Apache-2.0
"""Storage at the point of interconnection: units, their farm, and the site that controls them."""
