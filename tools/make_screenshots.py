"""Draws the pictures of README and docs anew, on the invented sample: `python tools/make_screenshots.py http://127.0.0.1:8000`.

Needs a running server with the sample, and a Chromium. Never of real creators.
"""

import argparse
import json
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from ensure_browser import find_browser

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
PRODUCT = "Quill Mini Power Station"


def read(address: str) -> Any:
    with urllib.request.urlopen(address) as answer:  # noqa: S310
        return json.load(answer)


def open_page(browser: Browser, address: str, width: int, height: int, **options: Any) -> Page:
    page = browser.new_context(viewport={"width": width, "height": height}, **options).new_page()
    page.goto(address)
    page.locator(".rank-all").wait_for(state="detached")
    return page


def draw(browser: Browser, server: str, campaign: Mapping[str, Any]) -> None:
    match = f"{server}/campaigns/{campaign['id']}/match"
    page = open_page(browser, match, 1440, 1000)
    page.screenshot(path=FOLDER / "matches.png")
    best = [link.get_attribute("href") or "" for link in page.locator(".match a.profile").all()[:3]]
    page = open_page(
        browser, match, 390, 844, color_scheme="dark", device_scale_factor=2, has_touch=True, is_mobile=True
    )
    page.locator(".match").first.evaluate("element => window.scrollTo(0, element.offsetTop - 130)")
    page.screenshot(path=FOLDER / "phone.png")
    chosen = "&".join(f"creator_id={link.rsplit('/', maxsplit=1)[-1]}" for link in best)
    page = open_page(browser, f"{server}/campaigns/{campaign['id']}/compare?{chosen}", 1200, 1000)
    page.screenshot(path=FOLDER / "compare.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server", help="Its address.")
    server = parser.parse_args().server.rstrip("/")
    campaigns = read(f"{server}/api/campaigns?limit=100")["items"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox"])
        draw(browser, server, next(item for item in campaigns if item["product_name"] == PRODUCT))
        browser.close()


if __name__ == "__main__":
    main()
