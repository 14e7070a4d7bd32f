"""Helpers of the tests that look at pages in a real Chromium."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

HOSTILE = "<script>document.title='hacked'</script><img src=x onerror=alert(1)>"
RTL = "\u202eevil\u202c"
ZALGO = "Z" + "\u0351\u0363\u0315" * 40 + "algo"
FLAGS = "🇩🇪🇦🇹🏴󠁧󠁢󠁥󠁮󠁧󠁿👩‍👩‍👧‍👦"


# Other tests keep the cores busy meanwhile: what is waited for may take longer than the five seconds Playwright grants.
expect.set_options(timeout=20_000)


def open_page(browser: Browser, url: str, *, width: int = 1200, dark: bool = False, javascript: bool = False) -> Page:
    """A page in a context of its own. With `javascript`, any error of a script or of the content policy fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if dark else "light",
        java_script_enabled=javascript,
    )
    page = context.new_page()
    page.problems = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.problems.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda message: _note(page, message.type, message.text))
    page.goto(url)
    return page


def _note(page: Page, kind: str, text: str) -> None:
    if kind == "error" and "status of" not in text:
        page.problems.append(text)  # type: ignore[attr-defined]


def problems(page: Page) -> list[str]:
    """Errors of scripts, and what the content policy has refused."""
    return list(page.problems)  # type: ignore[attr-defined]


def settled(page: Page) -> None:
    """Waits until no part of the page is being renewed."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


def accessibility_report(
    browser: Browser, url: str, *, width: int = 1200, dark: bool = False, cookies: str = ""
) -> str:
    """What axe finds wrong with a page, empty when nothing is. Our content policy refuses axe's script: it is set aside here."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", bypass_csp=True
    )
    page = context.new_page()
    page.goto(url)
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = !part.matches('.menu') })")
    found = Axe().run(page)
    report = found.generate_report() if found.violations_count else ""
    context.close()
    return report


def sideways(page: Page) -> int:
    """By how many pixels the page scrolls sideways, with everything that folds open."""
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true })")
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
