# SPDX-License-Identifier: Apache-2.0
"""Controllers of storage: plain laws that turn delayed measurements into power commands."""
