"""Platforms by the names people give them, and handles out of links."""

import re
from urllib.parse import urlsplit

_ALIASES = {
    "instagram": ("ig", "insta", "instagram.com"),
    "tiktok": ("tik tok", "tt", "douyin", "tiktok.com"),
    "youtube": ("yt", "you tube", "youtube.com", "youtube shorts"),
    "twitch": ("twitch.tv",),
    "x": (
        "twitter",
        "twitter/x",
        "x/twitter",
        "x (twitter)",
        "x (formerly twitter)",
        "twitter (x)",
        "x.com",
        "twitter.com",
    ),
    "facebook": ("fb", "facebook.com", "meta"),
    "pinterest": ("pinterest.com",),
    "linkedin": ("linked in", "linkedin.com"),
    "snapchat": ("snap", "snapchat.com"),
    "threads": ("threads.net",),
    "bluesky": ("bsky",),
    "podcast": ("podcasts",),
    "blog": ("blogs", "website"),
    "substack": (),
    "kick": ("kick.com",),
    "telegram": ("tg",),
}
PLATFORMS = frozenset(_ALIASES)
_BY_NAME = {alias: platform for platform, aliases in _ALIASES.items() for alias in (platform, *aliases)}
_SITES = "|".join(re.escape(alias) for alias in _BY_NAME if re.fullmatch(r"[a-z]+\.[a-z]+", alias))
_LINK = re.compile(rf"https?://|www\.|(?:m\.)?(?:{_SITES})/", re.IGNORECASE)
_PATH_PREFIXES = {"channel", "c", "user", "in", "profile", "add"}


def platform_name(value: str) -> str:
    """`Insta` -> `instagram`. Raises ValueError for a platform we do not know."""
    try:
        return _BY_NAME[" ".join(value.lower().split())]
    except KeyError:
        raise ValueError(f"is not a platform we know ({', '.join(sorted(PLATFORMS))})") from None


_TITLES = {"x": "X", "tiktok": "TikTok", "youtube": "YouTube", "linkedin": "LinkedIn"}


def platform_title(name: str) -> str:
    """As people write it: `YouTube`."""
    return _TITLES.get(name.lower(), name.capitalize())


def handle(value: str) -> str:
    """The handle in a profile's link, or the value itself without surrounding space."""
    text = value.strip()
    if not _LINK.match(text):
        return text
    parts = [part for part in urlsplit(text if "//" in text else f"//{text}").path.split("/") if part]
    if parts and parts[0].lower() in _PATH_PREFIXES and len(parts) > 1:
        return parts[1]
    return parts[0] if parts else text
