"""Read the hand-written sources."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PLATFORMS = {
    "i": "instagram",
    "t": "tiktok",
    "y": "youtube",
    "w": "twitch",
    "x": "x",
    "p": "pinterest",
    "l": "linkedin",
}


@dataclass(frozen=True)
class Writing:
    """A creator as written by hand; figures are drawn later."""

    name: str
    platform: str
    channel_name: str
    niche: str
    country: str
    language: str
    about: str


@dataclass(frozen=True)
class Niche:
    female: float
    age: str
    trade: str
    interests: tuple[str, ...]


@dataclass(frozen=True)
class Background:
    """What is usual: niches by name, brands by trade, countries by language, channels whose engagement is bought."""

    niches: dict[str, Niche]
    brands: dict[str, list[str]]
    spread: dict[str, list[str]]
    suspicious_engagement: dict[str, float]


def read_toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def read_writings(folder: Path = HERE / "creators") -> list[Writing]:
    writings = []
    for path in sorted(folder.glob("*.toml")):
        source = read_toml(path)
        for name, platform, channel_name, niche, country, about in source["rows"]:
            writings.append(Writing(name, PLATFORMS[platform], channel_name, niche, country, source["language"], about))
    return writings


def read_background(path: Path = HERE / "niches.toml") -> Background:
    source = read_toml(path)
    niches = {
        name: Niche(fields["female"], fields["age"], fields["trade"], tuple(fields["interests"]))
        for name, fields in source["niches"].items()
    }
    return Background(niches, source["brands"], source["spread"], source["suspicious_engagement"])


def read_campaigns(path: Path = HERE / "campaigns.toml") -> list[dict[str, Any]]:
    campaigns: list[dict[str, Any]] = read_toml(path)["campaigns"]
    return campaigns
