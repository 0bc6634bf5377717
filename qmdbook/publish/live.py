"""Serve the book on this machine during writing; open pages reload after each render."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Condition, Thread
from typing import Any

from qmdbook.errors import InputError, Problem

HOST = "127.0.0.1"  # nobody else is served
SCRIPT = Path(__file__).parent / "live.js"
# Below the address, beside the pages; no chapter's name begins with a dot.
_SCRIPT_ADDRESS, _EVENTS_ADDRESS = "/.live/live.js", "/.live/events"
_STILL_THERE = 10  # seconds after which a page that has closed is noticed
_NO_BOOK = "<!DOCTYPE html><html lang=en><head><title>No book yet</title></head></html>"


class News:
    """How the last render ended, for the pages that are open in a browser.

    Attributes
    ----------
    version : int
        Number of renders that succeeded.
    problems : list of str
        Problems of the last render; empty if it succeeded.
    """

    def __init__(self) -> None:
        self.version = 0
        self.problems: list[str] = []
        self._told = Condition()
        self._closed = False

    def tell(self, problems: list[str]) -> None:
        """Publish how a render ended; without problems, `version` rises by one."""
        with self._told:
            self.version += not problems
            self.problems = problems
            self._told.notify_all()

    def close(self) -> None:
        """End every `follow`."""
        with self._told:
            self._closed = True
            self._told.notify_all()

    def follow(self) -> Iterator[str | None]:
        """Yield version and problems as JSON, now and after every change, until `close` is called.

        Yield None if nothing has changed for `_STILL_THERE` seconds.
        """
        last: str | None = None
        while not self._closed:
            with self._told:
                if (known := self._known()) == last:
                    self._told.wait(_STILL_THERE)
                    known = self._known()
            yield known if known != last else None
            last = known

    def _known(self) -> str:
        return json.dumps({"version": self.version, "problems": self.problems})


@contextmanager
def live(folder: Path, news: News, port: int) -> Iterator[str]:
    """Serve a folder on this machine within this context, and yield its address with a final slash.

    Port 0 stands for any free port. The folder may be missing at first, and may be replaced.

    Raises
    ------
    InputError
        If the port is not available.
    """
    handler = partial(_Handler, news, directory=str(folder))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        message = (
            f"port {port} is not available: {error.strerror}; expected a free port, or 0 for any"
        )
        raise InputError(Problem("--port", message)) from None
    with server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_port}/"
        finally:
            news.close()
            server.shutdown()


class _Handler(SimpleHTTPRequestHandler):
    """Serves files as they are, pages with a script that follows the news."""

    def __init__(self, news: News, *arguments: Any, **options: Any):
        self._news = news
        super().__init__(*arguments, **options)

    def parse_request(self) -> bool:
        return super().parse_request() and self._is_allowed()

    def _is_allowed(self) -> bool:
        """Return whether a request asks this machine for a file of the book; else refuse it."""
        # Another site can give its own name the address of this machine, to read what is served.
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST, f"Served as {HOST} only")
            return False
        file = Path(self.translate_path(self.path)).resolve()
        if not file.is_relative_to(Path(self.directory).resolve()):
            self.send_error(HTTPStatus.NOT_FOUND, "A link leads out of the book")
            return False
        return True

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == _EVENTS_ADDRESS:
            return self._send_news()
        if path == _SCRIPT_ADDRESS:
            return self._send(SCRIPT.read_bytes(), "text/javascript")
        file = Path(self.translate_path(self.path))
        page = file / "index.html" if path.endswith("/") else file
        if page.suffix == ".html" and (page.is_file() or path == "/"):
            return self._send(self._followed(page), "text/html; charset=utf-8")
        super().do_GET()

    def _followed(self, page: Path) -> bytes:
        # The version is read first: a page that is replaced in between is then loaded again.
        version = self._news.version
        html = page.read_text(encoding="utf-8") if page.is_file() else _NO_BOOK
        source = f'src="{_SCRIPT_ADDRESS}" data-events="{_EVENTS_ADDRESS}"'
        script = f'<script defer {source} data-version="{version}"></script>'
        return html.replace("</head>", f"{script}\n</head>", 1).encode()

    def _send(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _send_news(self) -> None:
        """Send events as the HTML standard has them ("server-sent events")."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            for known in self._news.follow():
                self.wfile.write(f"data: {known}\n\n".encode() if known else b":\n\n")
        except OSError:
            return  # the page has closed

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing: the terminal shows the progress of renders."""
