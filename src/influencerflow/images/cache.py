"""Images on disk, by the hash of their address. An empty file remembers that there was none."""

import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import structlog
from anyio import CapacityLimiter, to_thread

from influencerflow.images.address import ImageError
from influencerflow.images.fetch import fetch_image

log = structlog.get_logger()

KEPT_SECONDS = 30 * 86_400
# A server may have a bad hour; asking it for each page that shows the creator would not help.
FAILURE_SECONDS = 6 * 3_600
MOST_BYTES = 500_000_000
_CLEANED_EVERY = 200
_AT_ONCE = 8


class ImageCache:
    """Processes may share the folder."""

    def __init__(self, folder: Path, fetch: Callable[[str], Awaitable[bytes]] = fetch_image) -> None:
        self._folder = folder
        self._fetch = fetch
        self._fetching = CapacityLimiter(_AT_ONCE)
        self._written = 0

    async def image(self, url: str) -> bytes | None:
        """Fetched if it is not there or has become old; None where there is none to be had."""
        path = self._path(url)
        kept = await to_thread.run_sync(_read, path)
        if kept is not None:
            return kept or None
        try:
            async with self._fetching:
                content = await self._fetch(url)
        except ImageError as error:
            log.debug("no profile image", url=url[:200], reason=str(error))
            content = b""
        await to_thread.run_sync(self._write, path, content)
        return content or None

    def _path(self, url: str) -> Path:
        name = sha256(url.encode("utf-8", "replace")).hexdigest()
        return self._folder / name[:2] / name

    def _write(self, path: Path, content: bytes) -> None:
        """Under another name first: nobody reads half an image. A full disk only costs the cache."""
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, temporary = tempfile.mkstemp(dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                Path(temporary).replace(path)
            except OSError:
                Path(temporary).unlink(missing_ok=True)
        self._written += 1
        if self._written % _CLEANED_EVERY == 0:
            self.clean()

    def clean(self, most_bytes: int = MOST_BYTES) -> None:
        """Deletes the oldest until the rest is small enough."""
        total = 0
        with suppress(OSError):
            files = [(path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.glob("*/*")]
            for _, size, path in sorted(files, reverse=True):
                total += size
                if total > most_bytes:
                    path.unlink(missing_ok=True)


def _read(path: Path) -> bytes | None:
    """None when it is not there, or too old."""
    try:
        content = path.read_bytes()
        age = time.time() - path.stat().st_mtime
    except OSError:
        return None
    return content if age < (KEPT_SECONDS if content else FAILURE_SECONDS) else None
