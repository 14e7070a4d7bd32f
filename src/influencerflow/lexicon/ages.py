"""Ages in figures: `22-45`, `zwischen 28 und 50`, `tra i 18 e i 40 anni`, `over-50s`, `in their 20s and 30s`."""

import re

from influencerflow.lexicon.tokens import fold

AgeRange = tuple[int, int]
YOUNGEST, OLDEST = 10, 99

# Everything below is looked for in folded text: `años` is `anos`, `für` is `fur`.
_YEARS = r"(?:\s*-?\s*(?:year[- ]?olds?|years?|yrs?|y/o|jahrigen?|jahren?|anos|anni|ans|jaar)\b)?"
_UNITS = (
    "k|m|cm|mm|km|kg|g|ml|min|mins|sec|secs|h|hrs|ore|mes|meses|mois|mese|mesi|dias?|days?|tagen?|eur|usd|gbp|chf|mio|hp|"
    "ps|city|cities|states?|markets?|people|person|persons|recipes?|products?|videos?|posts?|pieces?|miles?"
)
_UNIT_STEMS = (
    "percent|prozent|minut|second|sekund|stund|hour|heure|hora|week|woch|seman|settiman|month|monat|jour|giorn|countr|"
    "lander|paises|paesi|euro|dollar|pound|franc|million|thousand|follower"
)
_NOT_AMOUNT = rf"(?!\s*(?:[%$€£]|(?:{_UNITS})(?![a-z])|(?:{_UNIT_STEMS})))"
_AGE = r"(?<![$€£.,\d-])(?<![$€£]\s)\b(\d{2})"
_ARTICLE = r"(?:(?:the\s+)?age\s+(?:of\s+)?|i\s+|los\s+|os\s+|les\s+)?"
_TO = r"\s*(?:-|–|—|~|/|\b(?:to|until|and|bis|und|a|al|ai|e|et|y|aos?|ate|tot|en|do)\b)\s*"
_RANGE = re.compile(rf"{_AGE}{_YEARS}{_TO}{_ARTICLE}(\d{{2}})\b{_NOT_AMOUNT}")
_OPEN_END = rf"{_ARTICLE}(\d{{2}})s?\b{_NOT_AMOUNT}(?!{_TO}\d)"
_DECADES = re.compile(
    r"\bin (?:their|your|his|her)\s+(?:(?:early|mid|late)[- ])?([2-7]0)s"
    r"(?:\s*(?:and|or|to|-|–|/)\s*(?:(?:early|mid|late)[- ])?([2-7]0)s)?"
)
_FROM = re.compile(
    r"(?:\b(?:over|above|older than|at least|from|ab|uber|mas de|mayores de|a partir d[eo]s?|plus de|des|"
    r"oltre|sopra|dai|acima d[eo]s?|mais de|maiores de|vanaf|boven|ouder dan)[\s-]+"
    rf"{_OPEN_END})"
    rf"|{_AGE}(?:\s*\+|{_YEARS}\s+(?:and|or|y|o|et|ou|und|e|en)\s+"
    r"(?:over|older|up|above|mas|mayores|plus|alter|mehr|oltre|mais|ouder)\b)"
)
_UNDER = re.compile(
    r"\b(?:under|below|younger than|unter|menos de|menores de|moins de|sotto|abaixo d[eo]s?|jonger dan|onder)[\s-]+"
    rf"{_OPEN_END}"
)


def ages_in_figures(text: str) -> list[AgeRange]:
    """Ranges of years, both ends included, sorted: `25+` is (25, 99), `over 18 and under 35` one range."""
    plain = fold(text)
    found = [(int(low), int(high)) for low, high in _RANGE.findall(plain)]
    # `from 18 to 35` is no `from 18`.
    plain = _RANGE.sub(" ", plain)
    found += [(int(first), int(last or first) + 9) for first, last in _DECADES.findall(plain)]
    lower = [int(low or high) for low, high in _FROM.findall(plain)]
    upper = [int(high) for high in _UNDER.findall(plain)]
    if len(lower) == len(upper) == 1 and lower[0] < upper[0]:
        found.append((lower[0], upper[0]))
    else:
        found += [(low, OLDEST) for low in lower] + [(YOUNGEST, high) for high in upper]
    return sorted({(low, high) for low, high in found if YOUNGEST <= low < high <= OLDEST})
