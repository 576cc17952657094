"""A server between a client and an object store, that can fail, be slow, go away and come back."""

import http.client
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_REFUSALS = {
    "503": b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>",
    "403": b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
}
_HOP_BY_HOP = {"connection", "expect", "keep-alive", "transfer-encoding"}


#: What can happen to a single request: a refusal, a connection that breaks before or after the server has done its
#: work, an answer that is late, an answer that breaks off halfway, a listing from before the last change.
ONCE = ("503", "reset before", "reset after", "delay", "half", "stale")


class Proxy:
    """Passes HTTP requests on to a server on this machine.

    ``every`` maps what to do to how often: ``{"503": 5, "reset": 7, "delay": 3}`` answers every fifth request with
    ``503 SlowDown``, breaks the connection of every seventh (half of them after the server has done its work) and
    answers every third ``pause`` seconds late. ``{"403": 1}`` forbids everything, ``stall`` lets all requests wait
    without an answer, and ``before`` is called with each request, such as ``GET /bucket/key``, before the server is.
    ``once`` is what happens to the request of one number, counted from 1: one of :data:`ONCE`.
    ``requests`` lists them, ``failed`` those that were not answered as the server would have.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._server: _Server | None = None
        self.port = 0
        self.every: dict[str, int] = {}
        self.once: tuple[int, str] | None = None
        self.pause = 0.2
        self.stall = False
        self.before: Callable[[str], None] | None = None
        self.requests: list[str] = []
        self.failed: list[str] = []
        self._lock = threading.Lock()
        self._listings: dict[str, list[bytes]] = {}
        self.start()

    @property
    def endpoint(self) -> str:
        """Host and port that a client is told."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Listen: on the same port each time."""
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.proxy = self
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="proxy", daemon=True).start()

    def kill(self) -> None:
        """Go away: open connections are broken, new ones refused."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
            server.break_connections()

    def well(self) -> None:
        """No failures from now on, and none counted."""
        with self._lock:
            self.every, self.once, self.stall, self.before = {}, None, False, None
            self.requests.clear()
            self.failed.clear()

    def listing(self, path: str, content: bytes, *, stale: bool) -> bytes:
        """What the server says to a listing: as it is, or as it was when it last differed."""
        with self._lock:
            before = self._listings.setdefault(path, [])
            if not before or before[-1] != content:
                before.append(content)
            return before[-2] if stale and len(before) > 1 else content

    def fate(self, line: str) -> str:
        """What happens to the next request."""
        if self.before is not None:
            self.before(line)
        with self._lock:
            self.requests.append(line)
            number = len(self.requests)
            if self.once is not None and self.once[0] == number:
                self.failed.append(f"{self.once[1]}: {line}")
                return self.once[1]
            for what, often in self.every.items():
                if number % often == 0:
                    if what == "reset":
                        what = "reset after" if number // often % 2 else "reset before"
                    self.failed.append(f"{what}: {line}")
                    return what
        return ""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    proxy: Proxy

    def __init__(self, *arguments: Any) -> None:
        self._open: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        self._open.discard(request)
        super().close_request(request)

    def break_connections(self) -> None:
        for request in list(self._open):
            _reset(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""

    def _pass_on(self) -> None:
        proxy = self.server.proxy
        body = self._body()
        fate = proxy.fate(f"{self.command} {self.path}")
        while proxy.stall:
            time.sleep(0.05)
        if fate == "delay":
            time.sleep(proxy.pause)
        if fate == "reset before":
            self._break()
        elif fate in _REFUSALS:
            self._answer(int(fate), [("Content-Type", "application/xml")], _REFUSALS[fate])
        else:
            status, headers, content = self._ask(body)
            if "list-type" in self.path and status == 200:
                content = proxy.listing(self.path, content, stale=fate == "stale")
            if fate == "reset after":
                self._break()
            else:
                self._answer(status, headers, content, whole=fate != "half")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _pass_on  # noqa: N815

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():  # trailers
                pass
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _ask(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.proxy._behind, timeout=60)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], content: bytes, *, whole: bool = True) -> None:
        self.send_response_only(status)
        length = str(len(content))
        for name, value in headers:
            if name.lower() == "content-length":
                length = value if self.command == "HEAD" else length
            elif name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("Content-Length", length)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content if whole else content[: len(content) // 2])
        if not whole:
            self.wfile.flush()
            self._break()

    def _break(self) -> None:
        self.close_connection = True
        _reset(self.connection)


def _reset(connection: socket.socket) -> None:
    """Close with a reset, as a server that dies does."""
    with suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.shutdown(socket.SHUT_RD)
    with suppress(OSError):
        connection.close()
