"""The address of a list of similar creators, with an example more or fewer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SimilarLink:
    like: tuple[UUID, ...] = ()
    unlike: tuple[UUID, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)

    def more(self, creator_id: UUID) -> str:
        """With one more to resemble."""
        return str(replace(self._without(creator_id), like=(*self._without(creator_id).like, creator_id)))

    def less(self, creator_id: UUID) -> str:
        """With one more to be unlike."""
        return str(replace(self._without(creator_id), unlike=(*self._without(creator_id).unlike, creator_id)))

    def without(self, creator_id: UUID) -> str:
        return str(self._without(creator_id))

    def _without(self, creator_id: UUID) -> "SimilarLink":
        like = tuple(one for one in self.like if one != creator_id)
        return replace(self, like=like, unlike=tuple(one for one in self.unlike if one != creator_id))

    def __str__(self) -> str:
        pairs = [("like", str(one)) for one in self.like] + [("unlike", str(one)) for one in self.unlike]
        pairs += [(name, value) for name, value in self.values.items() if value]
        return f"/creators/similar?{urlencode(pairs)}"
