# SPDX-License-Identifier: Apache-2.0
"""A real S3-compatible server on the loopback interface, and a proxy that fails and stalls."""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread

BUCKET = "studies"
HOST = "127.0.0.1"


@contextmanager
def server() -> Iterator[str]:
    """Start moto's server with one bucket; yield its address."""
    with ThreadingHTTPServer((HOST, 0), BaseHTTPRequestHandler) as free:
        port = free.server_address[1]
    command = [sys.executable, "-m", "moto.server", "-H", HOST, "-p", str(port)]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet) as process:
        try:
            address = f"http://{HOST}:{port}"
            _made_bucket(address, process)
            yield address
        finally:
            process.kill()


def _made_bucket(address: str, process: subprocess.Popen[bytes]) -> None:
    request = urllib.request.Request(f"{address}/{BUCKET}", method="PUT")
    while process.poll() is None:
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.URLError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("moto's server has ended")


class Faulty(ThreadingHTTPServer):
    """A proxy to a server: of every few requests one fails, in turn in each way there is."""

    daemon_threads = True
    faults = ("503", "drop", "stall")

    def __init__(self, to: str, every: int) -> None:
        super().__init__((HOST, 0), _Handler)
        self.to = to.removeprefix("http://")
        self.every = every
        self.stalled = Event()
        self.met: list[str] = []
        self._count = 0
        self._guard = Lock()

    def fault(self) -> str | None:
        """Return what goes wrong with this request."""
        with self._guard:
            self._count += 1
            if self._count % self.every:
                return None
            self.met.append(self.faults[len(self.met) % len(self.faults)])
            return self.met[-1]


class _Handler(BaseHTTPRequestHandler):
    server: Faulty
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        body = self.rfile.read(length)
        fault = self.server.fault()
        if fault == "503":
            self.send_response(503)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if fault is not None:
            if fault == "stall":
                self.server.stalled.wait(20)
            self.close_connection = True
            return
        upstream = http.client.HTTPConnection(self.server.to, timeout=30)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        data = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        upstream.close()

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _pass_on  # noqa: N815

    def log_message(self, *_told: object) -> None:
        """Say nothing."""


@contextmanager
def faulty(to: str, every: int = 7) -> Iterator[Faulty]:
    """Start the proxy; it ends with the body."""
    with Faulty(to, every) as proxy:
        thread = Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.stalled.set()
            proxy.shutdown()
            thread.join()
