"""Which candidates are one person on several platforms, so that nobody fills a page alone."""

from collections.abc import Sequence
from typing import Protocol

_SHORTEST_HANDLE, _SHORTEST_NAME = 6, 10


class Profile(Protocol):
    @property
    def platform(self) -> str: ...
    @property
    def handle(self) -> str | None: ...
    @property
    def name(self) -> str | None: ...
    @property
    def about_hash(self) -> str | None: ...


def same_person(ordered: Sequence[Profile]) -> list[int]:
    """For each profile the position of the first one before it that is the same person, or its own.

    The same name and bio word for word, or on another platform the same handle or the same full name.
    """
    first: dict[str, int] = {}
    leaders: list[int] = []
    for position, profile in enumerate(ordered):
        leader = position
        keys = _keys(profile)
        for key, any_platform in keys:
            seen = first.get(key)
            if seen is not None and (any_platform or ordered[seen].platform.lower() != profile.platform.lower()):
                leader = leaders[seen]
                break
        leaders.append(leader)
        for key, _ in keys:
            first.setdefault(key, position)
    return leaders


def _keys(profile: Profile) -> list[tuple[str, bool]]:
    """What a person is known by, and whether it tells two accounts on one platform are one person, too."""
    handle = "".join(filter(str.isalnum, profile.handle or "")).lower()
    name = " ".join((profile.name or "").lower().split())
    keys = []
    # Whoever copies a stranger's bio is not that stranger, and must not push them down.
    if profile.about_hash:
        keys.append((f"about {profile.about_hash} {name}", True))
    if len(handle) >= _SHORTEST_HANDLE:
        keys.append((f"handle {handle}", False))
    if len(name) >= _SHORTEST_NAME and " " in name:
        keys.append((f"name {name}", False))
    return keys
