"""What an encoder reads of a creator. Statistics stay out: numbers inside the text make matches worse (docs/decisions)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from influencerflow.creators.cleaning import clean_about, clean_handle, clean_name, clean_niche

# Raise it whenever creator_text changes: vectors of different versions are different models.
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


def creator_text(profile: CreatorProfile) -> str:
    """Name, niche and bio as far as they count, a line each; never empty, since providers refuse empty inputs."""
    counted, _ = counted_profile(profile)
    parts = (counted.name, counted.niche, counted.about)
    return "\n".join(part.strip() for part in parts if part and part.strip()) or "unknown creator"


def content_hash(text: str) -> bytes:
    """SHA-256 of the text, stored beside its vector: it tells whether the vector is still that of the text."""
    return hashlib.sha256(text.encode()).digest()
