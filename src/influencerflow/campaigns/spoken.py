"""Where an audience is and what it speaks: `Germans` name a country, `German-speaking` a language, `German food` neither."""

from collections.abc import Sequence, Set

from influencerflow.lexicon.languages import languages
from influencerflow.lexicon.places import Place, places
from influencerflow.lexicon.stop_words import STOP_WORDS
from influencerflow.lexicon.tokens import Token, tokenize

_SPOKEN_AFTER = frozenset(
    "speaking speakers speaker language sprachig sprachige sprachigen content parlant parlante".split()
)
_SPOKEN_BEFORE = frozenset(
    "en auf em speak speaks speaking parle parlent hable hablen habla hablan spricht sprechen parla parlano fala falam "
    "spreekt spreken idioma idiomas lingua lengua langue".split()
)
_SPEAKING_SUFFIXES = ("sprachig", "sprachige", "sprachigen", "sprachiger", "hablante", "hablantes", "phone", "phones")
_PARTS_OF_SPEAKING = frozenset("speaking habla lingua parlante".split())
# Things that travel: whoever likes Italian food may live anywhere. Before or after the adjective, as languages have it.
_THINGS = frozenset(
    "food foods cuisine cuisines cooking recipe recipes dish dishes wine wines beer beers coffee tea yogurt yoghurt cheese "
    "chocolate skincare beauty makeup cosmetics fashion style styles design music songs films film movies cinema drama "
    "dramas series football boxing art culture cultures history literature mythology cars watches "
    "cucina cibo piatti ricette vino vini moda musica cultura lingua "
    "cocina comida platos recetas vinos cine cerveza cosmetica series futbol "
    "nourriture plats recettes vin vins mode musique cuisine culture cosmetique cinema "
    "kuche essen rezepte wein weine musik filme kultur kosmetik autos "
    "cozinha receitas vinho vinhos".split()
)
# A language that is learned is not the one creators speak, and says little of where learners are.
_LEARNING = frozenset(
    "learn learns learning learner learners study studying lesson lessons course courses class classes lernen lernt lerner "
    "kurs kurse unterricht apprendre apprennent apprenant apprenants cours aprender aprenden aprendiendo curso cursos clases "
    "imparare imparano studiare corso corsi aprendem estudar aulas leren".split()
)
_JOINING = frozenset("and or und oder et ou y o e und".split())


def read_places(text: str) -> tuple[set[str], set[str]]:
    """Countries (ISO 3166 alpha-2) and languages (BCP 47) of an audience."""
    tokens = tokenize(text)
    learned = _learned(tokens)
    spoken = {
        position: named
        for position in range(len(tokens))
        if position not in learned
        and _is_spoken(text, tokens, position)
        and (named := languages().named([tokens[position]]))
    }
    found = places().find(text, tokens)
    names = {bound for place in found if place.kind == "name" for bound in (place.start - 1, place.end + 1)}
    position_of = {token.start: position for position, token in enumerate(tokens)}
    countries: set[str] = set()
    for place in found:
        at = _positions(tokens, place, position_of.get(place.start, len(tokens)))
        # `Svizzera italiana`, `Suisse allemande`: a part of the country that is named.
        is_part = place.kind == "adjective" and (place.start in names or place.end in names)
        if not (is_part or _is_language(tokens, place, at, spoken.keys() | learned) or _is_thing(tokens, place, at)):
            countries.update(place.countries)
    return countries, {code for named in spoken.values() for code in named}


def _positions(tokens: Sequence[Token], place: Place, first: int) -> list[int]:
    last = first
    while last < len(tokens) and tokens[last].start < place.end:
        last += 1
    return list(range(first, last))


def _is_language(tokens: Sequence[Token], place: Place, at: Sequence[int], of_languages: Set[int]) -> bool:
    """`French-speaking` is a language, `French-speaking Africa` a part of the world."""
    if of_languages.isdisjoint(at):
        return False
    return place.kind == "adjective" or (
        place.kind == "region"
        and all(position in of_languages or tokens[position].word in _PARTS_OF_SPEAKING for position in at)
    )


def _is_thing(tokens: Sequence[Token], place: Place, at: Sequence[int]) -> bool:
    around = (
        {tokens[position].word for position in (at[0] - 1, at[-1] + 1) if 0 <= position < len(tokens)} if at else set()
    )
    return place.kind == "adjective" and not around.isdisjoint(_THINGS)


def _learned(tokens: Sequence[Token]) -> set[int]:
    """Positions of languages that are learned: `learning Spanish or French`, `Englisch lernen`, `English lessons`."""
    found = set()
    for position, token in enumerate(tokens):
        if token.word not in _LEARNING:
            continue
        for step in (1, -1):
            at = position + step
            while 0 <= at < len(tokens) and (tokens[at].word in _JOINING or languages().named([tokens[at]])):
                found.add(at)
                at += step
    return found


def _is_spoken(text: str, tokens: Sequence[Token], position: int) -> bool:
    token = tokens[position]
    before = tokens[position - 1].word if position else ""
    after = tokens[position + 1].word if position + 1 < len(tokens) else ""
    if before in _SPOKEN_BEFORE or after in _SPOKEN_AFTER or token.word.endswith(_SPEAKING_SUFFIXES):
        return True
    # `in German` and `in German for hikers`, but not `in German cities`.
    ends = not after or after in STOP_WORDS | _JOINING or not text[token.end : tokens[position + 1].start].isspace()
    return before == "in" and ends
