# SPDX-License-Identifier: Apache-2.0
"""``python -m powermodel``: the command line."""

from powermodel.cli import main

if __name__ == "__main__":
    main()
