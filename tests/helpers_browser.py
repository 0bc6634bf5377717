"""Visiting a rendered book in Chromium, as a reader does: what goes wrong on a page."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

SEARCH_INDEX = "/pagefind/"  # loaded when somebody searches, and in pieces
HEIGHT = 1000
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A request to another host is seen, and ends at once.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
WCAG_22_AA = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "resultTypes": ["violations"],
}
# The rules that look at colours; every other finds the same in a light and in a dark page.
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
}
# Two frames, so that what follows the load or the width of a page has followed; images that
# would wait for the reader are loaded now.
SETTLE = """async () => {
  await Promise.all(Array.from(document.images, image => {
    image.loading = "eager";
    return image.decode().catch(() => {});
  }));
  for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame);
}"""
# Quarto asks what its own switch stored, not the system.
SWITCH_OF_QUARTO = """scheme => {
  try { localStorage.setItem("quarto-color-scheme", scheme === "dark" ? "alternate" : "default"); }
  catch (error) { /* a page without storage */ }
}"""
PAPER = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def chromium() -> str:
    """Return the path of Chromium; without one, skip, but fail where continuous integration runs."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    if path is None:
        missing = "no chromium on PATH: no page was visited in a browser"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing, allow_module_level=True)
    return path


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a headless Chromium with a new profile."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


class _Quiet(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve `folder` on a free port of this machine; give its address, with a slash at the end."""
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@dataclass
class Visit:
    """A page that was loaded, and what was seen.

    Attributes
    ----------
    page : Page
        The page, still open.
    faults : list of str
        Errors in the console, failed requests, requests to other hosts, horizontal scroll.
    requests : list of str
        Addresses that were asked for.
    weight : int
        Bytes of the page and all that it loaded, as they came, without the search's index.
    """

    page: Page
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    weight: int = 0


@contextmanager
def visit(
    browser: Browser, address: str, width: int = 1440, scheme: str = "light"
) -> Iterator[Visit]:
    """Load `address` in a window `width` pixels wide, in a context of its own.

    Whatever is not below the address's own host counts as another host; ``data:`` is none.
    """
    context = browser.new_context(
        viewport={"width": width, "height": HEIGHT}, color_scheme=scheme, reduced_motion="reduce"
    )
    try:
        context.add_init_script(f"({SWITCH_OF_QUARTO})('{scheme}')")
        page = context.new_page()
        seen, responses = Visit(page), []
        own = address.partition("://")[0] + "://" + address.partition("://")[2].split("/")[0] + "/"

        def on_request(request):
            seen.requests.append(request.url)
            if not request.url.startswith((own, "data:", "blob:")):
                seen.faults.append(f"request to another host: {request.url}")

        def on_response(response):
            responses.append(response)
            if response.status >= 400:
                seen.faults.append(f"status {response.status}: {response.url}")

        def on_console(message):
            if message.type == "error":
                seen.faults.append(f"console: {message.text} ({message.location['url']})")

        page.on("request", on_request)
        page.on("response", on_response)
        page.on("console", on_console)
        page.on("pageerror", lambda error: seen.faults.append(f"script: {error}"))
        page.on("requestfailed", lambda r: seen.faults.append(f"failed request: {r.url}"))
        page.goto(address)
        page.evaluate(SETTLE)
        beyond = sideways(page)
        if beyond:
            seen.faults.append(f"scrolls sideways: {beyond} px at a width of {width}")
        loaded = [r for r in responses if r.ok and SEARCH_INDEX not in r.url]
        seen.weight = sum(len(response.body()) for response in loaded)
        yield seen
    finally:
        context.close()


def sideways(page: Page) -> int:
    """Return how many pixels a page is wider than its window."""
    return page.evaluate(OVERFLOW)


def is_dark(page: Page) -> bool:
    """Return whether a page's background is nearer to black than to white."""
    return sum(page.evaluate(PAPER)) < 3 * 255 / 2


@dataclass(frozen=True)
class Violation:
    """One element that fails a rule of WCAG 2.2 AA."""

    rule: str
    selector: str
    explanation: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.selector}: {self.explanation}"


def violations(page: Page, *, colours_only: bool = False) -> list[Violation]:
    """Return what axe-core finds on a page as it stands, by all rules or those on colours."""
    options = COLOURS if colours_only else WCAG_22_AA
    return [
        Violation(rule["id"], selector(node), " ".join(node["failureSummary"].split()))
        for rule in Axe().run(page, options=options).response["violations"]
        for node in rule["nodes"]
    ]


def selector(node: dict) -> str:
    """Return the selector of an element that axe-core names."""
    return " ".join(str(part) for part in node["target"])
