"""What creators post about: which topics a text speaks of, and how near two topics are."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from influencerflow.lexicon.files import read_data
from influencerflow.lexicon.terms import TermMatcher
from influencerflow.lexicon.tokens import Token, tokenize

# Signs that may stand after each part of an emoji and change its looks alone: emoji presentation and five skin tones.
_LOOKS = re.compile("[\ufe0f\U0001f3fb-\U0001f3ff]")
STRONG, WEAK = 1.0, 0.35
# A narrower topic is the topic; a broader one may be.
NARROWER, BROADER = 0.9, 0.55
_SHORTEST_INNER = 6
_ARTICLE = re.compile(r"^(?:the|its|my)(?=.{6})")


@dataclass(frozen=True, slots=True)
class Topic:
    key: str
    label: str
    broader: tuple[str, ...]
    related: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Mention:
    """One word or emoji that speaks of a topic: `weight` is STRONG or WEAK, offsets as in the text."""

    topic: str
    weight: float
    start: int
    end: int


class Topics:
    """The taxonomy of `data/topics.toml`."""

    def __init__(self) -> None:
        raw = read_data("topics.toml")
        self.by_key = {
            key: Topic(
                key,
                entry["label"],
                tuple(entry.get("broader", ())),
                {other: nearness / 100 for other, nearness in entry.get("related", {}).items()},
            )
            for key, entry in raw.items()
        }
        self._matcher: TermMatcher[tuple[str, float]] = TermMatcher()
        emoji: dict[str, list[str]] = defaultdict(list)
        handle_words: dict[str, set[str]] = defaultdict(set)
        for key, entry in raw.items():
            never = entry.get("never", ())
            for term in (key, *entry.get("strong", ())):
                words = [token.word for token in tokenize(term)]
                handle_words["".join(words)].add(key)
            self._matcher.add([entry["label"], *entry.get("strong", ())], (key, STRONG), never)
            self._matcher.add(entry.get("weak", ()), (key, WEAK), never)
            for sign in entry.get("emoji", ()):
                emoji[_LOOKS.sub("", sign)].append(key)
        self._emoji = dict(emoji)
        self._handle_words = {word: frozenset(keys) for word, keys in handle_words.items()}
        self._longest_handle_word = max(map(len, handle_words))
        # The longest first: a cook is a woman, a joiner and a pan.
        longest_first = sorted(emoji, key=len, reverse=True)
        self._any_emoji = re.compile(
            "|".join(f"{_LOOKS.pattern}?".join(map(re.escape, sign)) for sign in longest_first)
        )

    def mentions(self, text: str | None, tokens: Sequence[Token] | None = None) -> list[Mention]:
        """Every word and emoji of the text that speaks of a topic, unless a phrase says it is not meant."""
        if not text:
            return []
        hits = self._matcher.find(tokenize(text) if tokens is None else tokens)
        found = [Mention(*hit.label, hit.start, hit.end) for hit in hits]
        if not text.isascii():
            for sign in self._any_emoji.finditer(text):
                found += [Mention(key, WEAK, *sign.span()) for key in self._emoji[_LOOKS.sub("", sign.group())]]
        return found

    def inside(self, handle: str | None, shortest: int) -> frozenset[str]:
        """Topics whose words a handle is made of: `thevegankitchen`. Words shorter than six letters only at its ends."""
        plain = "".join(token.word for token in tokenize(handle))
        plain = _ARTICLE.sub("", plain)
        found: set[str] = set()
        for start in range(len(plain) - shortest + 1):
            for end in range(start + shortest, min(len(plain), start + self._longest_handle_word) + 1):
                if start == 0 or end == len(plain) or end - start >= _SHORTEST_INNER:
                    found |= self._handle_words.get(plain[start:end], frozenset())
        return frozenset(found)

    def nearness(self, wanted: str, offered: str) -> float:
        """0-1: how well posting about `offered` serves a campaign about `wanted`."""
        return self._nearness(wanted).get(offered, 0.0)

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one instance, for the life of the process
    def _nearness(self, wanted: str) -> Mapping[str, float]:
        topic = self.by_key[wanted]
        near = {wanted: 1.0, **topic.related}
        for other in self.by_key.values():
            if wanted in other.broader:
                near[other.key] = max(near.get(other.key, 0.0), NARROWER)
            elif wanted in other.related:
                near[other.key] = max(near.get(other.key, 0.0), 0.9 * other.related[wanted])
        for broader in topic.broader:
            near[broader] = max(near.get(broader, 0.0), BROADER)
        return near

    def near(self, wanted: str) -> Mapping[str, float]:
        """Every topic that serves a campaign about `wanted`, with how well."""
        return self._nearness(wanted)


@lru_cache(maxsize=1)
def topics() -> Topics:
    return Topics()
