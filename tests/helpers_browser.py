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
_OF_COLOURS = ["color-contrast", "link-in-text-block"]
COLOURS = {"runOnly": {"type": "rule", "values": _OF_COLOURS}, "resultTypes": ["violations"]}
ALL_BUT_COLOURS = WCAG_22_AA | {"rules": {name: {"enabled": False} for name in _OF_COLOURS}}
# What only a narrow page shows, or shows in colours of its own; a test of the stylesheets says
# that no other colour depends on the width of the page.
NARROW = ["header", "nav", "footer", ".chapters-fold", ".scroll-hint", ".pinned tr > :first-child"]
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
    context = browser.new_context(reduced_motion="reduce")
    try:
        context.add_init_script(f"({SWITCH_OF_QUARTO})('{scheme}')")
        with visit_in(context.new_page(), address, width, scheme) as seen:
            yield seen
    finally:
        context.close()


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """Give a page for one visit after the other, which takes a fifth of the time.

    It loads everything again in each, as a page in a new window does.
    """
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    context.new_cdp_session(page).send("Network.setCacheDisabled", {"cacheDisabled": True})
    yield page
    context.close()


@contextmanager
def visit_in(page: Page, address: str, width: int = 1440, scheme: str = "light") -> Iterator[Visit]:
    """Load `address` in a page that is there already; see `visit`."""
    page.goto("about:blank")  # what the page before still asked for is no fault of this one
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

    listeners = {
        "request": on_request,
        "response": on_response,
        "console": on_console,
        "pageerror": lambda error: seen.faults.append(f"script: {error}"),
        "requestfailed": lambda r: seen.faults.append(f"failed request: {r.url}"),
    }
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=scheme)
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto(address)
    page.evaluate(SETTLE)
    beyond = sideways(page)
    if beyond:
        seen.faults.append(f"scrolls sideways: {beyond} px at a width of {width}")
    loaded = [r for r in responses if r.ok and SEARCH_INDEX not in r.url]
    seen.weight = sum(int(response.headers.get("content-length", 0)) for response in loaded)
    try:
        yield seen
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)


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


def violations(
    page: Page, options: dict = WCAG_22_AA, within: list[str] | None = None
) -> list[Violation]:
    """Return what axe-core finds on a page as it stands, by some rules, within some elements."""
    context = [s for s in within or () if page.locator(s).count()] or None
    # A page needs the script of axe-core once.
    axe = Axe() if page.evaluate("typeof axe === 'undefined'") else Axe("")
    return [
        Violation(rule["id"], selector(node), " ".join(node["failureSummary"].split()))
        for rule in axe.run(page, context=context, options=options).response["violations"]
        for node in rule["nodes"]
    ]


def selector(node: dict) -> str:
    """Return the selector of an element that axe-core names."""
    return " ".join(str(part) for part in node["target"])
