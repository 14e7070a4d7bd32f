"""A brief pasted as free text, read into the fields of a brief for somebody to confirm.

Lines with a label (`Budget: $5,000`) are taken at their word; of the rest only what one rule each can point to is taken, as a
guess with the words it rests on. What no rule finds stays empty: nothing is invented, and no text is lost, since all that
went nowhere is the description, but for greetings.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from influencerflow.campaigns.spoken import read_places
from influencerflow.creators.importing.figures import parse_money
from influencerflow.errors import InvalidInputError
from influencerflow.lexicon.people import people
from influencerflow.lexicon.topics import STRONG, topics

LONGEST = 20_000
_LABELS: Mapping[str, str] = {
    "product_name": "product|product name|produkt|produit|producto|prodotto|the product|what we sell",
    "brand_name": "brand|brand name|company|client|advertiser|marke|marque|marca|about the brand|about us",
    "product_description": "description|product description|about the product|overview|about|background|summary|beschreibung",
    "target_audience": "audience|target audience|target group|target|who|who we want to reach|zielgruppe|publico objetivo",
    "key_use_cases": "use cases|key use cases|use case|uses|themes|content ideas|key messages|talking points|anwendungen",
    "campaign_goal": "goal|goals|campaign goal|objective|objectives|kpi|kpis|aim|ziel|objectif|objetivo",
    "product_niche": "niche|product niche|category|industry|vertical|topic|topics|sector|nische|kategorie",
    "total_budget": "budget|total budget|campaign budget|spend|presupuesto",
}
_BY_LABEL = {label: name for name, labels in _LABELS.items() for label in labels.split("|")}
# `**Budget:** $5,000`, `# Goal`, `- Audience - women`; a label alone on its line heads what follows.
_LABELLED = re.compile(r"^[\s#>*_\-•]*([^\W\d_][^:\n–—|]{1,38}?)[\s*_]*(?::|[–—|]| - )[\s*_]*(.*)$")
_OTHER_LABEL = re.compile(r"^[\s#*]*[^\W\d_][\w ]{1,28}\**:\s")
_BULLET = re.compile(r"^\s*(?:[-*•·–]|\d{1,2}[.)])\s+")
_MONEY = re.compile(
    r"(?:US\$|USD|\$)\s?\d[\d.,'’ ]{0,14}\s?(?:k|m|mio|thousand|million)?\b"
    r"|\b\d[\d.,'’]{0,14}\s?(?:k|thousand|million)?\s?(?:USD|US dollars|dollars)\b",
    re.IGNORECASE,
)
_BUDGETED = re.compile(
    rf"\bbudget\b[^\d$.]{{0,25}}({_MONEY.pattern})|({_MONEY.pattern})\s+(?:\w+\s+)?budget\b", re.IGNORECASE
)
_OTHER_MONEY = re.compile(r"[€£¥₹]\s?\d|\b\d[\d.,]{0,14}\s?(?:€|£|EUR|GBP|euros?|pounds)", re.IGNORECASE)
_GOAL_WORDS = re.compile(
    r"\b(goal|objective|aim(?:s|ing)? (?:is|to|at)|we want|we’d like|we'd like|want to|hoping|drive|increase|grow|"
    r"sign-?ups|pre-?orders|awareness|installs|conversions|ziel)\b",
    re.IGNORECASE,
)
_AUDIENCE_WORDS = re.compile(
    r"\b(audience|aged?|target(?:ing|s)?|aimed at|people who|customers|zielgruppe)\b", re.IGNORECASE
)
_NAME = r"([A-Z][\w&’'+-]{0,40}(?:\s+(?:[A-Z0-9][\w&’'+-]{0,40}|of|the|and|&)){0,5})"
_LAUNCHED = re.compile(
    rf"\b(?:launch(?:es|ing)?|introduc(?:es|ing|e)|releas(?:es|ing|e)|promot(?:es|ing|e))\s+(?:(?:our|the|its|a|an|new)\s+)*{_NAME}"
)
_BY_BRAND = re.compile(rf"{_NAME}\s+(?:by|from)\s+{_NAME}")
_BRAND_DOES = re.compile(
    rf"(?m)(?:^|[.!?]\s+){_NAME}\s+(?:is|are)\s+(?:a|an|the|launching|introducing|releasing|looking|planning)\b"
)
_WE_ARE = re.compile(rf"\b(?:[Ww]e are|[Ww]e’re|[Ww]e're|at|At)\s+{_NAME}")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|\n+")
_GREETING = re.compile(
    r"^(hi|hello|hey|dear|thanks|thank you|best|cheers|regards|kind regards|best regards)\b.{0,40}$", re.IGNORECASE
)
_SIGN_OFF = re.compile(
    r"\n\s*(?:thanks|thank you|best|cheers|regards|kind regards|best regards|warmly)[,.!]?\s*(?:\n.{0,60}){0,3}\s*$",
    re.IGNORECASE,
)
_NOT_NAMES = frozenset("We Our The This It They You I A An Hi Hello Hey Dear They’re".split())

Field = str
How = Literal["label", "guess"]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one field, and the words it was found in."""

    value: str
    how: How
    words: str


@dataclass(frozen=True, slots=True)
class PastedBrief:
    """`found` by field of the brief; lists are lines. `notes` are keys of what to tell about the text."""

    found: dict[Field, Found] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def read_pasted(text: str) -> PastedBrief:
    """Raises InvalidInputError for text without any words."""
    text = text.replace("\0", "").replace("\r\n", "\n").strip()[:LONGEST]
    if not re.search(r"\w{2}", text):
        raise InvalidInputError.of_field("text", "There are no words in it: paste the brief as text.")
    labelled, rest = _labelled(_SIGN_OFF.sub("", text))
    found = {name: Found(value, "label", _first_words(value)) for name, value in labelled.items() if value}
    notes = []
    if "total_budget" in found:
        found["total_budget"], note = _labelled_budget(found["total_budget"])
        notes += note
    for name, guess in _guesses(rest, text):
        found.setdefault(name, guess)
    if "total_budget" in found and not found["total_budget"].value:
        del found["total_budget"]
    if "total_budget" not in found and _OTHER_MONEY.search(text):
        notes.append("other_currency")
    if not labelled:
        notes.append("no_labels")
    _describe(found, rest)
    return PastedBrief(found, tuple(dict.fromkeys(notes)))


def _labelled(text: str) -> tuple[dict[Field, str], str]:
    """The text under each label, and all the rest. A label that comes twice adds to what it had."""
    blocks: dict[Field, list[str]] = {}
    rest: list[str] = []
    current: list[str] | None = None
    heading = False
    for line in text.split("\n"):
        label, value = _label(line)
        if label is None and _OTHER_LABEL.match(line):
            current = None
        if label:
            current = blocks.setdefault(label, [])
            heading = not value
            current += [value] if value else []
        elif not line.strip():
            # Below a heading a blank line separates paragraphs; after `Label: text` it ends the text.
            if current is not None and heading:
                current.append("") if current else None
            else:
                current = None
        elif current is not None:
            current.append(line.strip())
        else:
            rest.append(line)
        if current is None and not line.strip():
            rest.append("")
    return {name: _joined(name, lines) for name, lines in blocks.items()}, "\n".join(rest).strip()


def _label(line: str) -> tuple[Field | None, str]:
    if match := _LABELLED.match(line):
        name = _BY_LABEL.get(_folded(match[1]))
        return name, match[2].strip(" *_") if name else ""
    return _BY_LABEL.get(_folded(line)) if len(line) < 60 else None, ""


def _folded(label: str) -> str:
    return " ".join(re.sub(r"[^\w\s]|_", " ", label.lower()).split()).replace("ú", "u").replace("ó", "o")


def _joined(name: Field, lines: list[str]) -> str:
    if name == "key_use_cases":
        items = [_BULLET.sub("", line).strip() for line in lines if line.strip()]
        parts = re.split(r"[;,]\s+", items[0]) if len(items) == 1 else items
        return "\n".join(part.strip(" .") for part in parts if part.strip(" ."))
    if name in ("product_name", "brand_name", "product_niche", "total_budget"):
        return next((line.strip() for line in lines if line.strip()), "")
    return "\n".join(lines).strip()


def _labelled_budget(found: Found) -> tuple[Found, list[str]]:
    """The amount alone; an amount in another currency is not converted."""
    amounts = [match[0] for match in _MONEY.finditer(found.value)]
    if not amounts and not _OTHER_MONEY.search(found.value):
        amounts = re.findall(r"\d[\d.,'’]{0,14}\s?[km]?\b", found.value, re.IGNORECASE)
    figures = [figure for figure in map(_amount, amounts) if figure]
    if len(figures) != 1:
        note = ["several_amounts"] if len(figures) > 1 else []
        return Found("", "label", found.words), note
    return Found(figures[0], "label", found.words), []


def _amount(written: str) -> str:
    plain = re.sub(r"US\$|USD|US dollars|dollars", "", written, flags=re.IGNORECASE).strip(" .,")
    try:
        figure = parse_money(plain)
    except ValueError:
        return ""
    return f"{figure:.10g}" if figure > 0 else ""


def _guesses(rest: str, text: str) -> Iterator[tuple[Field, Found]]:
    """From what has no label; budget and niche may stand anywhere in the text."""
    sentences = [sentence.strip() for sentence in _SENTENCE.split(rest) if sentence.strip()]
    if amount := _guessed_budget(sentences):
        yield "total_budget", amount
    if niche := _guessed_niche(text):
        yield "product_niche", niche
    yield from _names(rest)
    for sentence in sentences:
        if _is_audience(sentence):
            yield "target_audience", Found(sentence, "guess", _first_words(sentence))
            break
    for sentence in sentences:
        if _GOAL_WORDS.search(sentence) and not _is_audience(sentence):
            yield "campaign_goal", Found(sentence, "guess", _first_words(sentence))
            break


def _guessed_budget(sentences: list[str]) -> Found | None:
    """The amount that stands beside the word budget; else the only amount there is."""
    beside = [match[1] or match[2] for s in sentences for match in _BUDGETED.finditer(s)]
    amounts = beside or [match[0] for s in sentences for match in _MONEY.finditer(s)]
    if len(amounts) == 1 and (figure := _amount(amounts[0])):
        return Found(figure, "guess", amounts[0].strip())
    return None


def _guessed_niche(text: str) -> Found | None:
    """The topic that is named most often, the first named of several."""
    mentions = [mention for mention in topics().mentions(text) if mention.weight == STRONG]
    if not mentions:
        return None
    counts = Counter(mention.topic for mention in mentions)
    best = max(mentions, key=lambda mention: (counts[mention.topic], -mention.start))
    return Found(topics().by_key[best.topic].label.lower(), "guess", text[best.start : best.end])


def _names(rest: str) -> Iterator[tuple[Field, Found]]:
    """`launching the TrailLight Tent`, `the TrailLight Tent by Northern Meadow`, `we are Northern Meadow`."""
    if (match := _BY_BRAND.search(rest)) and {match[1], match[2]}.isdisjoint(_NOT_NAMES):
        yield "product_name", Found(match[1], "guess", match[0])
        yield "brand_name", Found(match[2], "guess", match[0])
    if (match := _LAUNCHED.search(rest)) and match[1] not in _NOT_NAMES:
        yield "product_name", Found(match[1], "guess", match[0])
    for pattern in (_WE_ARE, _BRAND_DOES):
        if (match := pattern.search(rest)) and match[1].split()[0] not in _NOT_NAMES:
            yield "brand_name", Found(match[1], "guess", match[0].strip(" ."))


def _is_audience(sentence: str) -> bool:
    countries, _ = read_places(sentence)
    signs = bool(people().genders(sentence)) + bool(people().ages(sentence)) + bool(countries)
    return signs >= 2 or (signs >= 1 and bool(_AUDIENCE_WORDS.search(sentence)))


def _describe(found: dict[Field, Found], rest: str) -> None:
    """All text without a place of its own is the description, word for word."""
    placed = {item.value for name, item in found.items() if name in ("target_audience", "campaign_goal")}
    paragraphs = []
    for paragraph in re.split(r"\n\s*\n", rest):
        sentences = [s.strip() for s in _SENTENCE.split(paragraph)]
        kept = [s for s in sentences if s and s not in placed and not _GREETING.match(s)]
        paragraphs.append(" ".join(kept))
    text = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    if text and "product_description" not in found:
        found["product_description"] = Found(text, "guess", _first_words(text))


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:60].rsplit(" ", 1)[0] + " …"
