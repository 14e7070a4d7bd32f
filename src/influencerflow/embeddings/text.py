"""What an encoder reads of a creator. Statistics stay out: numbers inside the text make matches worse (docs/decisions)."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from influencerflow.creators.cleaning import clean_about, clean_handle, clean_name, clean_niche
from influencerflow.errors import ConfigurationError

# Raise it whenever a text is to be made otherwise, and leave what makes the one before in _MAKERS: vectors of different
# versions are different models, and the active one is kept current with its own texts until the new one has taken over.
TEXT_VERSION = 2


@dataclass(frozen=True, slots=True)
class CreatorProfile:
    """What a creator says of itself; the queue's trigger watches the same columns."""

    name: str | None
    niche: str | None
    about: str | None
    channel_name: str | None = None


@lru_cache(maxsize=4096)  # read twice, for the text and for the signals
def counted_profile(profile: CreatorProfile) -> tuple[CreatorProfile, tuple[str, ...]]:
    """What of a profile counts for matching, and a sentence for people per trick that was left out of it."""
    about = clean_about(profile.about)
    name, of_name = clean_name(profile.name, profile.channel_name)
    niche, of_niche = clean_niche(profile.niche)
    counted = CreatorProfile(name or None, niche or None, about.text or None, clean_handle(profile.channel_name))
    return counted, tuple(dict.fromkeys((*about.flags, *of_name, *of_niche)))


def creator_text(profile: CreatorProfile, version: int = TEXT_VERSION) -> str:
    """What an encoder reads of the creator; never empty, since providers refuse empty inputs.

    A version that is no longer made reads as the present one: another text, but in the same space. Raises
    ConfigurationError for one of a newer release.
    """
    check_text_version(version)
    return _MAKERS.get(version, _MAKERS[TEXT_VERSION])(profile) or "unknown creator"


def check_text_version(version: int) -> None:
    """Raises ConfigurationError where this release cannot make such texts."""
    if version > TEXT_VERSION:
        raise ConfigurationError(
            f"Text version {version} was made by a newer version of InfluencerFlow.", remedy="Upgrade this process."
        )


def _counted_lines(profile: CreatorProfile) -> str:
    """Name, niche and bio as far as they count, a line each."""
    counted, _ = counted_profile(profile)
    parts = (counted.name, counted.niche, counted.about)
    return "\n".join(part.strip() for part in parts if part and part.strip())


_MAKERS: dict[int, Callable[[CreatorProfile], str]] = {2: _counted_lines}


def content_hash(text: str) -> bytes:
    """SHA-256 of the text, stored beside its vector: it tells whether the vector is still that of the text."""
    return hashlib.sha256(text.encode()).digest()
