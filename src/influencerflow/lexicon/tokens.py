"""Text as comparable words that remember where they stood."""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import regex

# Vowel signs of Indic scripts are marks, and part of their word.
_WORD = regex.compile(r"[\p{L}\p{N}][\p{L}\p{N}\p{M}]*(?:['’][\p{L}\p{N}][\p{L}\p{N}\p{M}]*)?")
# Accents of Latin, Greek and Cyrillic, and the vowel points of Arabic.
_ACCENTS = regex.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670]")
_LETTERS = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "đ": "d", "ə": "e"})
# Scripts written without spaces between words, and Korean, which joins particles to them: terms are looked for inside.
_UNSPACED = regex.compile(r"[\p{Thai}\p{Hiragana}\p{Katakana}\p{Han}\p{Hangul}]")

# Words come again and are kept; whole bios do not, and would fill the memory.
_LONGEST_KEPT = 40


@dataclass(frozen=True, slots=True)
class Token:
    """A folded word and its [start, end) offsets in the text it came from."""

    word: str
    start: int
    end: int


def fold(text: str) -> str:
    """Lower case, without accents and typographic variants: `Fußball` is `fussball`, `𝐟𝐢𝐭` is `fit`."""
    if text.isascii():
        return text.lower()
    return _fold_word(text) if len(text) <= _LONGEST_KEPT else _fold_any(text)


@lru_cache(maxsize=65536)
def _fold_word(text: str) -> str:
    return _fold_any(text)


def _fold_any(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).lower())
    return unicodedata.normalize("NFC", _ACCENTS.sub("", decomposed)).translate(_LETTERS)


def tokenize(text: str | None) -> list[Token]:
    """The words of a text in order; digits count as words, punctuation, emoji and underscores do not."""
    if not text:
        return []
    return [Token(fold(match.group()), *match.span()) for match in _WORD.finditer(text)]


def words_of(text: str | None) -> list[str]:
    """The same without where they stand."""
    return [fold(word) for word in _WORD.findall(text)] if text else []


def is_unspaced(term: str) -> bool:
    return bool(_UNSPACED.search(term))
