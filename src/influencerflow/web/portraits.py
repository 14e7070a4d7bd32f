"""A creator's face: its image by way of this server, or a drawing of its initials."""

import unicodedata
from hashlib import sha256
from typing import Any
from uuid import UUID

import regex
from jinja2 import pass_context
from markupsafe import Markup, escape

from influencerflow.web.frame import expose

# Hues far apart, dark enough for white letters (contrast 5 and more), light enough to stand out from a dark page.
_COLOURS = ("#5b4bc4", "#0f766e", "#b45309", "#be185d", "#1d6fb8", "#4d7c0f")
AVATAR_COLOURS = len(_COLOURS)
_GRAPHEME = regex.compile(r"\X")
# Directions, joiners and the like: they would turn round what stands beside them.
_CONTROL = regex.compile(r"[\p{Cc}\p{Cf}\p{Co}\p{Cn}]")


def initials(name: str) -> str:
    """`Ana María Bøe` is AB. One letter in scripts without capitals, where two would run together; of a name without any
    letters its first character, be it a flag."""
    words = [letters[0] for word in name.split() if (letters := _letters(word))]
    if not words:
        signs = [sign for sign in _GRAPHEME.findall(name) if not sign.isspace() and _CONTROL.sub("", sign)]
        return signs[0][:12] if signs else "·"
    first, last = words[0], words[-1]
    if len(words) == 1 or not (_is_cased(first) and _is_cased(last)):
        return _capital(first)
    return _capital(first) + _capital(last)


def avatar_colour(name: str) -> int:
    """Which of the colours a name gets, always the same one."""
    return sum(map(ord, name)) % AVATAR_COLOURS


def draw_avatar(name: str) -> Markup:
    """An SVG of 96 by 96; says nothing to screen readers, the name stands beside it."""
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96" aria-hidden="true">'
        '<rect width="96" height="96" fill="{}"/><text x="48" y="50" fill="#fff" font-family="system-ui, sans-serif" '
        'font-size="38" font-weight="600" text-anchor="middle" dominant-baseline="central">{}</text></svg>'
    ).format(_COLOURS[avatar_colour(name)], escape(initials(name)))


@pass_context
def portrait(context: dict[str, Any], creator_id: UUID | str, profile_image: str | None) -> str | None:
    """Our own address of the image, which changes with it; None where there is none, or images are switched off."""
    if not profile_image or not context["request"].app.state.settings.profile_images:
        return None
    return f"/creators/{creator_id}/image?v={sha256(profile_image.encode('utf-8', 'replace')).hexdigest()[:10]}"


def _letters(word: str) -> list[str]:
    """Letters and digits of a word, without marks that do not belong to a letter of their own."""
    signs = _GRAPHEME.findall(unicodedata.normalize("NFC", _CONTROL.sub("", word)))
    return [sign[0] for sign in signs if sign[0].isalnum()]


def _is_cased(letter: str) -> bool:
    return letter[0].isdecimal() or letter[0].upper() != letter[0] or letter[0].lower() != letter[0]


def _capital(letter: str) -> str:
    """`ß` has no capital of one letter."""
    upper = letter.upper()
    return upper if len(upper) == len(letter) else letter


expose(initials, avatar_colour, draw_avatar, portrait)
