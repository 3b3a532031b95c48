"""A real browser over the dashboard of a running stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from local.config import PROJECT
from local.debian import chromium
from tests.e2e.stacks import RunningStack

DASHBOARD = PROJECT / "dashboard"
SCREENSHOTS = DASHBOARD / "screenshots"
DESKTOP, PHONE = (1280, 900), (360, 740)
FLAGS = [
    "--no-sandbox",  # tests may run as root
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 20_000
"""For what should show within a second or two, on a machine that has other things to do."""
WATCH = """
window.violations = [];
window.shifts = 0;
document.addEventListener('securitypolicyviolation', (event) => window.violations.push(event.violatedDirective));
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifts += entry.value;
}).observe({ type: 'layout-shift', buffered: true });
"""
WIDER = """
Math.max(
  document.documentElement.scrollWidth - window.innerWidth,
  ...[...document.querySelectorAll('nav a')].map(
    (link) => link.getBoundingClientRect().right - document.documentElement.clientWidth,
  ),
)
"""


@dataclass
class Tab:
    """A page in a browser, and what went wrong in it."""

    page: Page
    base: str
    errors: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def hear(self, message: ConsoleMessage) -> None:
        # An error of the network is what some tests provoke; the page shows it to people.
        if message.type in ("error", "warning") and "Failed to load resource" not in message.text:
            self.errors.append(message.text)

    def serious(self) -> list[str]:
        """Return what axe finds that keeps people out: rule, impact and the elements."""
        self.page.evaluate((DASHBOARD / "node_modules" / "axe-core" / "axe.min.js").read_text())
        tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
        found: dict[str, Any] = self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags
        )
        return [
            f"{each['id']} ({each['impact']}): {[node['html'][:150] for node in each['nodes']]}"
            for each in found["violations"]
            if each["impact"] in ("serious", "critical")
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page, or the navigation that stands over it, is wider than the window."""
        width: float = self.page.evaluate(WIDER)
        return max(0, round(width))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, for the tests of one module: while it runs, no other event loop can."""
    executable = chromium()
    assert executable is not None, "python -m local install-browser installs it"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def tab(browser: Browser, base: str, size: tuple[int, int] = DESKTOP, *, dark: bool = False) -> Iterator[Tab]:
    """Open a tab; in the end, assert that nothing went wrong in it unseen."""
    width, height = size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        locale="en-GB",
        timezone_id="Europe/Berlin",
    )
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    context.add_init_script(WATCH)
    page = context.new_page()
    opened = Tab(page, base)
    page.on("console", opened.hear)
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    yield opened
    opened.errors += page.evaluate("window.violations")
    assert not opened.errors, opened.errors
    context.close()


@pytest.fixture
def dashboard(browser: Browser, dashboard_stack: RunningStack) -> Iterator[Tab]:
    """The dashboard in a window of a usual size."""
    with tab(browser, dashboard_stack.config.url) as opened:
        yield opened
