# SPDX-License-Identifier: Apache-2.0
"""Directives that write a page from the code itself, so that a page cannot say something else.

``scenario-fields``, ``controllers``, ``variables``, ``records``, ``definitions`` and ``benchmarks``
are tables;
``terminal`` runs a powermodel command while the page is built and shows what it printed.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

sys.path.insert(0, str(Path(__file__).parent))

import powermodel_tables as tables


class _Table(SphinxDirective):
    """A directive whose content is the Markdown that a function returns."""

    optional_arguments = 1
    make: ClassVar[Callable[..., str]]

    def run(self) -> list[nodes.Node]:
        # What the table shows can change without the page that shows it.
        self.env.note_reread()
        return self.parse_text_to_nodes(type(self).make(*self.arguments))


class Fields(_Table):
    """``scenario-fields:: Job``."""

    required_arguments = 1
    optional_arguments = 0
    make = staticmethod(tables.scenario_fields)


class Variables(_Table):
    """``variables::``."""

    optional_arguments = 0
    make = staticmethod(tables.variables)


class Records(_Table):
    """``records:: accelerator``."""

    required_arguments = 1
    optional_arguments = 0
    make = staticmethod(tables.records)


class Definitions(_Table):
    """``definitions:: levels``."""

    required_arguments = 1
    optional_arguments = 0
    make = staticmethod(tables.definitions)


class Controllers(_Table):
    """``controllers::``."""

    optional_arguments = 0
    make = staticmethod(tables.controllers)


class Benchmarks(_Table):
    """``benchmarks::``."""

    optional_arguments = 0
    make = staticmethod(tables.benchmarks)


_TIMEOUT_S = 900


class Terminal(SphinxDirective):
    """``terminal::`` runs one command a line; ``:fails:`` says that the last one is refused.

    ``:head:`` shows the first lines of each, ``:hidden:`` nothing. All commands of a
    build share one folder, so that a command can read what another one wrote.
    """

    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {
        "fails": directives.flag,
        "hidden": directives.flag,
        "head": directives.positive_int,
    }

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        shown: list[str] = []
        for line in self.content:
            last = line == self.content[-1]
            printed = self._printed(line, fails=last and "fails" in self.options)
            shown += [f"$ {line}", *self._shortened(printed)]
        if "hidden" in self.options:
            return []
        text = "\n".join(shown)
        return [nodes.literal_block(text, text, language="text")]

    def _printed(self, line: str, *, fails: bool) -> list[str]:
        command = [sys.executable, "-m", *shlex.split(line)]
        done = subprocess.run(
            command,
            cwd=_folder(self.env.app),
            env=os.environ | {"COLUMNS": "110", "NO_COLOR": "1"},
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_S,
            check=False,
        )
        if (done.returncode != 0) != fails:
            raise ExtensionError(
                f"{self.env.docname}: {line!r} ended with {done.returncode}:\n"
                f"{done.stdout}\n{done.stderr}"
            )
        printed = (done.stderr + done.stdout).strip("\n").splitlines()
        return [line.rstrip() for line in printed]

    def _shortened(self, lines: list[str]) -> list[str]:
        most = self.options.get("head")
        return lines if most is None or len(lines) <= most else [*lines[:most], "..."]


def _folder(app: Sphinx) -> Path:
    """Return the folder in which the commands of this build run."""
    if not hasattr(app, "powermodel_folder"):
        app.powermodel_folder = tempfile.TemporaryDirectory(prefix="powermodel-docs-")
    return Path(app.powermodel_folder.name)


def _clean_up(app: Sphinx, _error: Exception | None) -> None:
    if hasattr(app, "powermodel_folder"):
        app.powermodel_folder.cleanup()


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the directives."""
    app.add_directive("scenario-fields", Fields)
    app.add_directive("controllers", Controllers)
    app.add_directive("variables", Variables)
    app.add_directive("records", Records)
    app.add_directive("definitions", Definitions)
    app.add_directive("benchmarks", Benchmarks)
    app.add_directive("terminal", Terminal)
    app.connect("build-finished", _clean_up)
    # Commands share a folder, so pages are read one after another.
    return {"parallel_read_safe": False, "parallel_write_safe": True}
