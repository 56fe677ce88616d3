# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium as a test sees it: opened through its DevTools pipe, without any package."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-extensions",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
    "about:blank",
)
# Chromium reads commands from descriptor 3 and answers on 4; a parent cannot choose these itself.
_SHIM = (
    "import os,sys;"
    "low=[os.dup(int(fd)) for fd in sys.argv[1:3]];"
    "high=[__import__('fcntl').fcntl(fd,0,20) for fd in low];"
    "os.dup2(high[0],3);os.dup2(high[1],4);os.execv(sys.argv[3],sys.argv[3:])"
)


def found() -> str | None:
    """Return the Chromium of this machine, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Tab:
    """One page in the browser: commands, what they answer, and what the page complained of."""

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._left, self._number, self._session = b"", 0, None
        self._events: list[dict[str, Any]] = []
        self.complaints: list[str] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result."""
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read(60.0)
            if answer.get("id") == self._number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]

    def size(self, width: int, height: int = 900) -> None:
        """Give the page a screen."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    def dark(self, on: bool) -> None:
        """Ask for the dark page, or the light one."""
        feature = {"name": "prefers-color-scheme", "value": "dark" if on else "light"}
        self.send("Emulation.setEmulatedMedia", features=[feature])

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self._events.clear()
        self.send("Page.navigate", url=path.resolve().as_uri())
        self.until("Page.loadEventFired")

    def until(self, method: str, limit_s: float = 60.0) -> dict[str, Any]:
        """Wait for an event."""
        ends = time.monotonic() + limit_s
        while True:
            for place, event in enumerate(self._events):
                if event["method"] == method:
                    return self._events.pop(place)["params"]
            self._read(ends - time.monotonic())

    def run(self, script: str) -> Any:
        """Evaluate JavaScript, wait for its promise, and return its value."""
        answer = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def drag(self, start: tuple[float, float], stop: tuple[float, float]) -> None:
        """Press the mouse at one point, move, and let go at another."""
        middle = tuple((a + b) / 2 for a, b in zip(start, stop, strict=True))
        for kind, (x, y), buttons in (
            ("mouseMoved", start, 0),
            ("mousePressed", start, 1),
            ("mouseMoved", middle, 1),
            ("mouseMoved", stop, 1),
            ("mouseReleased", stop, 1),
        ):
            self.send(
                "Input.dispatchMouseEvent",
                type=kind, x=x, y=y, button="left", buttons=buttons, clickCount=1,
            )  # fmt: skip

    def click(self, x: float, y: float) -> None:
        """Click once."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def _read(self, limit_s: float) -> dict[str, Any]:
        while b"\0" not in self._left:
            ready, _, _ = select.select([self._answers], [], [], max(limit_s, 0.0))
            assert ready, "the browser did not answer in time"
            part = os.read(self._answers, 1 << 20)
            assert part, "the browser ended"
            self._left += part
        text, _, self._left = self._left.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self._events.append(message)
            self._note(message)
        return message

    def _note(self, event: dict[str, Any]) -> None:
        """Keep what the page complains of, and every address that it asks for."""
        values = event["params"]
        if event["method"] == "Runtime.exceptionThrown":
            self.complaints.append(str(values["exceptionDetails"]))
        elif event["method"] == "Runtime.consoleAPICalled":
            self.complaints.append(f"console.{values['type']}: {values['args']}")
        elif event["method"] == "Log.entryAdded":
            self.complaints.append(f"log: {values['entry']['text']}")
        elif event["method"] == "Network.requestWillBeSent":
            address = values["request"]["url"]
            if not address.startswith(("file:", "data:", "blob:", "about:")):
                self.complaints.append(f"asked for {address}")


@contextmanager
def tab(program: str, folder: Path) -> Iterator[Tab]:
    """Start a browser with a fresh profile in `folder`, and end it and its children after."""
    mine = [os.pipe(), os.pipe()]
    (its_in, commands), (answers, its_out) = mine
    words = [sys.executable, "-c", _SHIM, str(its_in), str(its_out), program, *_FLAGS]
    with (folder / "chromium.log").open("wb") as log:
        process = subprocess.Popen(
            [*words[:-1], f"--user-data-dir={folder / 'profile'}", words[-1]],
            pass_fds=(its_in, its_out),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    os.close(its_in)
    os.close(its_out)
    try:
        yield Tab(commands, answers)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(commands)
        os.close(answers)
