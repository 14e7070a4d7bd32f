"""What a brief rules out: `no alcohol`, `not gaming or crypto`, `keine Shops`, `Europe except the UK`.

Most words of refusal refuse something else (`no time to cook`, `people who do not drink`), and a brief that is read wrongly here
hides good creators. So what is refused has to follow at once, and a negated verb of the audience's refuses nothing.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from influencerflow.lexicon.accounts import accounts
from influencerflow.lexicon.places import places
from influencerflow.lexicon.tokens import Token, tokenize
from influencerflow.lexicon.topics import STRONG, topics

_REFUSING = frozenset(
    "no not never avoid exclude excluding except kein keine keinen keiner ausser aucun aucune sauf nada ningun ninguna "
    "excepto niente nessun nessuno nessuna tranne nenhum nenhuma exceto geen behalve".split()
)
# These mostly describe: `people who train without a gym`, `recetas sin gluten`. They refuse where a clause begins with them.
_REFUSING_FIRST = frozenset("without ohne sin sans senza sem zonder pas nicht non nao niet avoiding".split())
# `who do not drink`, `que no cocinan`, `with no experience`: said of the audience, not of creators.
_DESCRIBING = frozenset(
    "do does did is are was were have has had can could who that to want wants need needs with of at que qui qu quem che "
    "chi die der si se ist sind mit con com avec met".split()
)
# Countries are only taken out of others: `Europe except the UK`. In Portuguese, `no` means in the.
_EXCEPT = frozenset("not nicht pas non niet except excluding exclude ausser sauf excepto tranne exceto behalve".split())
_NO_REFUSAL = {"pt": frozenset({"no"})}
_BETWEEN = frozenset(
    "any the in from about for on of de d du des di da del la le les el los las content creators creator accounts account "
    "profiles who that promote promotes promoting advertise advertising publicidad publicite pub werbung fur mit zu inhalte "
    "contenu contenido contenuti conteudo que qui".split()
)
_OR = frozenset("or nor oder noch ni ou o of".split())
_AND = frozenset("and und y e et en".split())
_CLAUSE = re.compile(r"[.;:!?\n()–—]")
# Refused as a whole, though no topic goes by the name.
_GROUPS = dict.fromkeys(("alcohol", "alcoholic", "alkohol", "alcool", "alcol"), ("beer", "cocktails", "wine"))


@dataclass(frozen=True, slots=True)
class Refused:
    """Keys of topics, kinds of account, and countries (ISO 3166 alpha-2) a brief rules out."""

    topics: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    countries: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Thing:
    """Something that can be refused, at [start, end) of its clause; `kind` names the field of Refused."""

    kind: str
    keys: tuple[str, ...]
    start: int
    end: int


def read_refusals(text: str, language: str | None) -> Refused:
    """`language`: the one the text is written in."""
    refused = Refused()
    words = (_REFUSING | _REFUSING_FIRST) - _NO_REFUSAL.get(language or "", frozenset())
    for clause in _CLAUSE.split(text):
        tokens = tokenize(clause)
        positions = [position for position, token in enumerate(tokens) if token.word in words]
        things = _things(clause, tokens) if positions else []
        for position in positions:
            if _refuses(clause, tokens, position, things):
                for thing in _list_after(clause, tokens, position + 1, things):
                    if thing.kind != "countries" or tokens[position].word in _EXCEPT:
                        getattr(refused, thing.kind).update(thing.keys)
    return refused


def _things(clause: str, tokens: Sequence[Token]) -> list[_Thing]:
    """The longest first."""
    found = [
        _Thing("topics", (m.topic,), m.start, m.end) for m in topics().mentions(clause, tokens) if m.weight == STRONG
    ]
    found += [
        _Thing("topics", _GROUPS[token.word], token.start, token.end) for token in tokens if token.word in _GROUPS
    ]
    found += [_Thing("accounts", (hit.label,), hit.start, hit.end) for hit in accounts().named(tokens)]
    found += [_Thing("countries", place.countries, place.start, place.end) for place in places().find(clause, tokens)]
    return sorted(found, key=lambda thing: (thing.start - thing.end, thing.start))


def _refuses(clause: str, tokens: Sequence[Token], position: int, things: Sequence[_Thing]) -> bool:
    token = tokens[position]
    if any(thing.start <= token.start < thing.end for thing in things):
        return False  # `sin gluten`, `zero waste`: what is sought, by its name
    before = tokens[position - 1] if position else None
    if token.word in _REFUSING_FIRST:
        return before is None or "," in clause[before.end : token.start] or before.word in _AND or before.word == "but"
    return token.word in _REFUSING and (before is None or before.word not in _DESCRIBING)


def _list_after(clause: str, tokens: Sequence[Token], position: int, things: Sequence[_Thing]) -> list[_Thing]:
    """`alcohol`, `alcohol or crypto`, `shops, brands or agencies`; after a comma alone something new may begin."""
    items: list[list[_Thing]] = []
    belonging = 1
    while item := _item_at(tokens, position := _skip_between(tokens, position), things):
        items.append(item)
        while position < len(tokens) and tokens[position].start < item[0].end:
            position += 1
        joined = tokens[position].word if position < len(tokens) else ""
        if joined in _OR or (joined in _AND and _ends_with_one(tokens, position + 1, things)):
            position += 1
            belonging = len(items) + 1
        elif not joined or "," not in clause[item[0].end : tokens[position].start]:
            break
    return [thing for item in items[:belonging] for thing in item]


def _skip_between(tokens: Sequence[Token], position: int) -> int:
    while position < len(tokens) and tokens[position].word in _BETWEEN:
        position += 1
    return position


def _item_at(tokens: Sequence[Token], position: int, things: Sequence[_Thing]) -> list[_Thing]:
    """What the longest term that begins at the position stands for; nothing where none does."""
    here = [thing for thing in things if position < len(tokens) and thing.start == tokens[position].start]
    return [thing for thing in here if thing.end == here[0].end]


def _ends_with_one(tokens: Sequence[Token], position: int, things: Sequence[_Thing]) -> bool:
    """Whether one more thing ends the clause: `no shops and brands`, but not `no alcohol and healthy recipes`."""
    item = _item_at(tokens, position, things)
    return bool(item) and item[0].end == tokens[-1].end
