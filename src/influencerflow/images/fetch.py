"""Fetches one image: redirects followed by hand, every hop looked up and pinned, everything limited."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urljoin

import anyio
import anyio.to_thread
import httpx

from influencerflow.images.address import ImageError, Permit, Target, is_public, resolve

MOST_BYTES = 5_000_000
MOST_REDIRECTS = 3
SECONDS = 8.0
_TIMEOUT = httpx.Timeout(3.0)
_HEADERS = {
    "User-Agent": "InfluencerFlow",
    "Accept": "image/webp,image/png,image/jpeg,image/gif",
    # What is not compressed cannot unpack into more than it is.
    "Accept-Encoding": "identity",
}
_SIGNATURES = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def raster_type(content: bytes) -> str | None:
    """The type a picture's first bytes say, whatever its server says; None for what is no raster image, SVG among them."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), None)


async def fetch_image(url: str, *, permit: Permit = is_public, ports: Callable[[int], bool] | None = None) -> bytes:
    """The bytes of a JPEG, PNG, GIF or WebP. Raises ImageError.

    `permit` and `ports` say which addresses and ports may be asked; only tests have reason to give others.
    """
    try:
        # Not the environment's proxy, which would look names up itself, in its own network.
        async with httpx.AsyncClient(timeout=_TIMEOUT, follow_redirects=False, trust_env=False) as client:
            with anyio.fail_after(SECONDS):
                return await _follow(client, url, permit, ports)
    except TimeoutError:
        raise ImageError("too slow") from None


async def _follow(client: httpx.AsyncClient, url: str, permit: Permit, ports: Callable[[int], bool] | None) -> bytes:
    for _ in range(MOST_REDIRECTS + 1):
        look_up = partial(resolve, url, permit=permit, ports=ports)
        target = await anyio.to_thread.run_sync(look_up, abandon_on_cancel=True)
        found = await _ask(client, target)
        if isinstance(found, bytes):
            return found
        url = urljoin(url, found)
    raise ImageError("too many redirects")


async def _ask(client: httpx.AsyncClient, target: Target) -> bytes | str:
    """The image, or where the server sends us. The connection goes to the address that was looked up; the certificate is
    still the host's."""
    literal = f"[{target.address}]" if target.address.version == 6 else str(target.address)
    host = target.host if ":" not in target.host else f"[{target.host}]"
    try:
        request = client.build_request(
            "GET",
            f"{target.scheme}://{literal}:{target.port}{target.path}",
            headers={**_HEADERS, "Host": host},
            extensions={"sni_hostname": target.host},
        )
        response = await client.send(request, stream=True)
        try:
            return await _body(response)
        finally:
            await response.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ImageError(f"{type(error).__name__}: {error}") from error


async def _body(response: httpx.Response) -> bytes | str:
    if response.is_redirect:
        return str(response.headers["location"])
    if response.status_code != 200:
        raise ImageError(f"status {response.status_code}")
    content = b""
    async for chunk in response.aiter_raw():
        content += chunk
        if len(content) > MOST_BYTES:
            raise ImageError("too large")
        if len(content) >= 12 and raster_type(content) is None:
            break
    if raster_type(content) is None:
        raise ImageError("not a raster image")
    return content
