"""From texts to requests a provider takes: how many tokens a text has, what of it fits, which texts go together."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

# Bytes of UTF-8 a token has. Of OpenAI's cl100k_base, 8,123 creators' texts together have 1.58 times fewer tokens than
# this says, and one text in a hundred has more; a tokenizer that would know weighs 41 MB (docs/embedding-pipeline.md).
_ASCII_BYTES_A_TOKEN = 2.2
_OTHER_BYTES_A_TOKEN = 1.54
_SENTENCE_END = re.compile(r"[.!?…。！？](?=\s|$)|[。！？]|\n")


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one request: how many texts and tokens; of one text: how many bytes of UTF-8 (None: the encoder cuts by itself)."""

    texts: int
    tokens: int
    text_bytes: int | None


# A token is at least a byte: 8,192 bytes are never more than the 8,192 tokens the endpoint takes.
_LIMITS = {"openai": Limits(2_048, 300_000, 8_192)}
_LOCAL = Limits(32, 300_000, None)


def limits_of(provider: str, batch_size: int | None) -> Limits:
    """What the provider takes, or fewer texts where the operator says so."""
    limits = _LIMITS.get(provider, _LOCAL)
    return Limits(batch_size or limits.texts, limits.tokens, limits.text_bytes)


def estimate_tokens(text: str) -> int:
    """At least as many as there are, nearly always; never 0."""
    ascii_bytes = len(text.encode("ascii", "ignore"))
    other_bytes = len(text.encode("utf-8", "replace")) - ascii_bytes
    return int(ascii_bytes / _ASCII_BYTES_A_TOKEN + other_bytes / _OTHER_BYTES_A_TOKEN) + 1


def shorten(text: str, most_bytes: int | None) -> str:
    """The text, or as much of it as fits, up to the end of a sentence if there is one in its second half, else of a word."""
    encoded = text.encode("utf-8", "replace")
    if most_bytes is None or len(encoded) <= most_bytes:
        return text
    cut = encoded[:most_bytes].decode("utf-8", "ignore")
    ends = [match.end() for match in _SENTENCE_END.finditer(cut, len(cut) // 2)]
    end = ends[-1] if ends else cut.rfind(" ", len(cut) // 2)
    return cut[:end].rstrip() if end > 0 else cut


def first_request(texts: Sequence[str], limits: Limits) -> int:
    """How many of the texts, from the first on, go into one request; at least one."""
    tokens = 0
    for count, text in enumerate(texts[: limits.texts]):
        tokens += estimate_tokens(text)
        if tokens > limits.tokens and count:
            return count
    return min(len(texts), limits.texts)
