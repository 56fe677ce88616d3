# SPDX-License-Identifier: Apache-2.0
"""One page of a run: a single HTML file that works offline, on a narrow screen and on paper."""

from powermodel.report.page.page import write_page

__all__ = ["write_page"]
