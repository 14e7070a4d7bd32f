"""Fetching and keeping profile images, from a real server on loopback, which is refused unless a test permits it."""

import os
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import anyio
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.images import address, fetch
from influencerflow.images.address import ImageError
from influencerflow.images.cache import FAILURE_SECONDS, KEPT_SECONDS, ImageCache
from influencerflow.images.fetch import fetch_image, raster_type

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
LOOPBACK = ip_address("127.0.0.1")


class Handler(BaseHTTPRequestHandler):
    """What is asked for says how to answer."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012 - one server at a time

    def do_GET(self) -> None:
        self.asked.append((self.path, self.headers["Host"]))
        kind, _, rest = self.path[1:].partition("/")
        if kind == "to":
            self.send_response(302)
            self.send_header("Location", rest.replace("PORT", str(self.server.server_address[1])))
            self.end_headers()
        elif kind == "drip":
            self._drip(b"HTTP/1.1 200 OK\r\nX: " if rest else b"HTTP/1.1 200 OK\r\n\r\n" + PNG)
        else:
            bodies = {
                "png": PNG,
                "svg": SVG,
                "html": b"<!doctype html><p>no",
                "large": PNG + b"\0" * 6_000_000,
                "short": b"\xff",
            }
            self.send_response(200 if kind in bodies else 404)
            self.send_header("Content-Type", "image/png")
            self.end_headers()
            self.wfile.write(bodies.get(kind, b""))

    def _drip(self, start: bytes) -> None:
        try:
            self.wfile.write(start)
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def site() -> Iterator[str]:
    Handler.asked.clear()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


async def fetch_permitted(url: str) -> bytes:
    """As the product does, but for the loopback server's address and port."""
    return await fetch_image(url, permit=lambda asked: asked == LOOPBACK, ports=lambda _port: True)


def fetched(url: str) -> bytes:
    return anyio.run(fetch_permitted, url)


def test_loopback_and_other_ports_are_not_asked(site: str) -> None:
    port = site.rsplit(":", maxsplit=1)[-1]
    for url in (f"{site}/png", f"http://localhost:{port}/png", f"http://[::1]:{port}/"):
        with pytest.raises(ImageError, match="port"):
            anyio.run(fetch_image, url)
        with pytest.raises(ImageError, match="public"):
            anyio.run(partial(fetch_image, url, ports=lambda _port: True))
    assert Handler.asked == []


def test_an_image_is_fetched_as_the_host_it_was_asked_of(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = site.rsplit(":", maxsplit=1)[-1]

    looked_up: list[str] = []

    def answer(host: str, *given: Any, **named: Any) -> Any:
        looked_up.append(host)
        return real("127.0.0.1" if len(looked_up) < 3 else "10.0.0.1", *given, **named)

    real = socket.getaddrinfo
    monkeypatch.setattr(address, "_getaddrinfo", answer)
    assert fetched(f"http://pictures.example:{port}/to//png") == PNG, "and redirects are followed"
    assert Handler.asked == [("/to//png", "pictures.example"), ("/png", "pictures.example")]
    assert looked_up == ["pictures.example"] * 2, "once for each hop: what a name answers later gains nothing"


@pytest.mark.parametrize(
    "location",
    [
        "http://127.0.0.2:PORT/png", "http://[::1]:PORT/png", "http://169.254.169.254/latest/", "file:///etc/passwd",
        "http://user@127.0.0.1:PORT/png", "//127.0.0.3:PORT/png", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_a_redirect_elsewhere_is_checked_like_the_first_address(site: str, location: str) -> None:
    with pytest.raises(ImageError):
        fetched(f"{site}/to/{location}")
    assert len(Handler.asked) == 1


def test_a_circle_of_redirects_ends(site: str) -> None:
    circle = "/to/" * 6
    with pytest.raises(ImageError, match="too many redirects"):
        fetched(site + circle + "/png")
    assert len(Handler.asked) == fetch.MOST_REDIRECTS + 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [("svg", "raster"), ("html", "raster"), ("short", "raster"), ("large", "too large"), ("nothing", "status 404")],
)
def test_what_is_no_image_is_refused_whatever_its_type_says(site: str, path: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason):
        fetched(f"{site}/{path}")


@pytest.mark.parametrize("path", ["drip", "drip/headers"])
def test_a_server_that_drips_is_left(site: str, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(fetch, "SECONDS", 0.2)
    with pytest.raises(ImageError, match="too slow"):
        fetched(f"{site}/{path}")


def test_types_are_told_by_content() -> None:
    kinds = [b"\xff\xd8\xff\xe0", PNG, b"GIF89a1234567", b"RIFF1234WEBPVP8 ", SVG, b"RIFF1234WAVE", b""]
    assert [raster_type(content) for content in kinds] == [
        "image/jpeg", "image/png", "image/gif", "image/webp", None, None, None,
    ]  # fmt: skip


def test_images_and_failures_are_kept_for_their_time(tmp_path: Path) -> None:
    asked: list[str] = []

    async def answer(url: str) -> bytes:
        asked.append(url)
        if "bad" in url:
            raise ImageError("status 404")
        return PNG

    cache = ImageCache(tmp_path, answer)
    for _ in range(2):
        assert (anyio.run(cache.image, "https://x/good"), anyio.run(cache.image, "https://x/bad")) == (PNG, None)
    assert asked == ["https://x/good", "https://x/bad"]
    for age, expected in (
        (FAILURE_SECONDS + 60, ["https://x/bad"]),
        (KEPT_SECONDS + 60, ["https://x/good", "https://x/bad"]),
    ):
        asked.clear()
        for path in tmp_path.glob("*/*"):
            os.utime(path, (time.time() - age, time.time() - age))
        anyio.run(cache.image, "https://x/good")
        anyio.run(cache.image, "https://x/bad")
        assert asked == expected
    assert anyio.run(ImageCache(tmp_path / "not" / "there", answer).image, "https://x/good") == PNG


async def png(_url: str) -> bytes:
    return PNG


def test_the_oldest_images_make_room(tmp_path: Path) -> None:
    cache = ImageCache(tmp_path, png)
    for number in range(4):
        anyio.run(cache.image, f"https://x/{number}")
    cache.clean(most_bytes=2 * len(PNG))
    assert len(list(tmp_path.glob("*/*"))) == 2


def test_the_page_answers_with_the_image_or_a_drawing(
    app: FastAPI, client: TestClient, database: Database, site: str, tmp_path: Path
) -> None:
    app.state.images = ImageCache(tmp_path, fetch_permitted)
    with database.transaction() as connection:
        shown = add_creator(connection, profile_image=f"{site}/png")
        hostile = add_creator(connection, profile_image=f"{site}/svg", name="<script>alert(1)</script> & Co")
        without = add_creator(connection, profile_image=None)
    image = client.get(f"/creators/{shown}/image")
    assert (image.status_code, image.headers["content-type"], image.content) == (200, "image/png", PNG)
    assert image.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in image.headers["content-security-policy"]
    for drawn in (hostile, without):
        answer = client.get(f"/creators/{drawn}/image")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml")
        assert "<script" not in answer.text
        assert "image/svg" in answer.headers["content-type"]
    Handler.asked.clear()
    app.state.settings = app.state.settings.model_copy(update={"profile_images": False})
    assert client.get(f"/creators/{hostile}/image").headers["content-type"] == "image/svg+xml"
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET profile_image = profile_image || '?new'"))
    assert client.get(f"/creators/{shown}/image").headers["content-type"] == "image/svg+xml"
    assert Handler.asked == [], "switched off, nobody is asked"
    assert client.get("/creators/7f1241fe-cff6-5c90-a230-282719853a71/image").status_code == 404
