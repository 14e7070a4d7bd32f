"""Text as comparable words that remember where they stood."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
# Scripts written without spaces between words: their terms are looked for inside a token.
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word and its [start, end) offsets in the text it came from."""

    word: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents and typographic variants: `Fußball` is `fussball`, `𝐟𝐢𝐭` is `fit`."""
    return text.lower() if text.isascii() else _fold_any(text)


@lru_cache(maxsize=65536)
def _fold_any(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def tokenize(text: str | None) -> list[Token]:
    """The words of a text in order; digits count as words, punctuation, emoji and underscores do not."""
    if not text:
        return []
    return [Token(fold(match.group()), *match.span()) for match in _WORD.finditer(text)]


def is_unspaced(term: str) -> bool:
    return bool(_UNSPACED.search(term))
