"""What an encoder reads of a creator. Statistics stay out: numbers inside the text make matches worse (docs/decisions)."""

import hashlib
from dataclasses import dataclass

# Raise it whenever creator_text changes: vectors of different versions are different models.
TEXT_VERSION = 1


@dataclass(frozen=True, slots=True)
class CreatorProfile:
    """What a creator says of itself; the queue's trigger watches the same columns."""

    name: str | None
    niche: str | None
    about: str | None
    channel_name: str | None = None


def creator_text(profile: CreatorProfile) -> str:
    """Name, niche and bio, a line each; never empty, since providers refuse empty inputs."""
    parts = (profile.name, profile.niche, profile.about)
    return "\n".join(part.strip() for part in parts if part and part.strip()) or "unknown creator"


def content_hash(text: str) -> bytes:
    """SHA-256 of the text, stored beside its vector: it tells whether the vector is still that of the text."""
    return hashlib.sha256(text.encode()).digest()
