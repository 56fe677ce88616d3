# SPDX-License-Identifier: Apache-2.0
"""The command line: what a user types, and what comes back."""

from powermodel.cli.app import main

__all__ = ["main"]
