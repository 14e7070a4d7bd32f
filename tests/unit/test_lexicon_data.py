import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from itertools import pairwise
from typing import Any

import pytest
from babel import Locale

DATA = files("influencerflow") / "lexicon/data"
WITHOUT_SPACES = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
TOPICS_OF_THE_GUIDE = set(
    "fitness health sports nutrition technology gadgets gaming software beauty fashion cosmetics lifestyle food cooking "
    "travel adventure photography luxury".split()
)


def load(name: str) -> dict[str, Any]:
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


TOPICS, PLACES, PEOPLE, ACCOUNTS, LANGUAGES = map(load, ("topics", "places", "people", "accounts", "languages"))


def term_lists(node: dict[str, Any], path: str = "") -> Iterator[tuple[str, list[str]]]:
    for key, value in node.items():
        if isinstance(value, dict):
            yield from term_lists(value, f"{path}.{key}")
        elif isinstance(value, list) and key not in {"broader", "emoji", "languages", "countries", "ages", "years"}:
            yield f"{path}.{key}", value


ALL_LISTS = [
    (f"{name}{path}", terms)
    for name in ("topics", "places", "people", "accounts", "languages")
    for path, terms in term_lists(load(name))
]


def is_plain(term: str) -> bool:
    """Lower case, and ASCII without accents or punctuation, or another script in its composed form."""
    if term.isascii():
        return re.fullmatch(r"[a-z0-9]+( [a-z0-9]+)*\*?", term) is not None
    latin = [letter for letter in term if letter.isalpha() and "LATIN" in unicodedata.name(letter) and letter > "\x7f"]
    return term == term.lower() and term == unicodedata.normalize("NFC", term) and not latin


def is_safe_prefix(term: str) -> bool:
    return "*" not in term or (term.endswith("*") and term.count("*") == 1 and len(term[:-1].replace(" ", "")) >= 4)


def test_terms_are_folded() -> None:
    assert [(path, term) for path, terms in ALL_LISTS for term in terms if not is_plain(term)] == []


def test_a_star_only_ends_a_stem_of_four_letters_or_more() -> None:
    assert [(path, term) for path, terms in ALL_LISTS for term in terms if not is_safe_prefix(term)] == []


def test_scripts_without_spaces_need_no_star() -> None:
    starred = [
        (path, term) for path, terms in ALL_LISTS for term in terms if "*" in term and WITHOUT_SPACES.search(term)
    ]
    assert starred == []


def test_no_list_names_a_term_twice() -> None:
    assert [(path, term) for path, terms in ALL_LISTS for term, n in Counter(terms).items() if n > 1] == []


@pytest.mark.parametrize("entries", [TOPICS, ACCOUNTS], ids=["topics", "accounts"])
def test_no_term_is_both_strong_and_weak(entries: dict[str, Any]) -> None:
    assert {key: both for key, e in entries.items() if (both := set(e["strong"]) & set(e["weak"]))} == {}


def test_topics_have_a_label_and_strong_terms() -> None:
    labels = [topic["label"] for topic in TOPICS.values()]
    assert len(set(labels)) == len(labels)
    assert [key for key, topic in TOPICS.items() if len(topic["strong"]) < 8] == []


def test_related_and_broader_topics_exist_and_are_others() -> None:
    for key, topic in TOPICS.items():
        others = {*topic["broader"], *topic["related"]}
        assert others <= TOPICS.keys(), key
        assert key not in others
        assert all(0 <= score <= 100 for score in topic["related"].values()), key


def test_broader_topics_never_go_in_circles() -> None:
    def above(key: str, seen: tuple[str, ...]) -> Iterator[str]:
        assert key not in seen, (*seen, key)
        for parent in TOPICS[key]["broader"]:
            yield parent
            yield from above(parent, (*seen, key))

    for key in TOPICS:
        assert set(above(key, ())) <= TOPICS.keys()


def test_topics_of_the_compatibility_table_exist() -> None:
    assert TOPICS.keys() >= TOPICS_OF_THE_GUIDE


def test_no_strong_term_belongs_to_more_than_three_topics() -> None:
    counts = Counter(term for topic in TOPICS.values() for term in topic["strong"])
    assert {term: n for term, n in counts.items() if n > 3} == {}


def test_countries_are_known_and_have_names_and_languages() -> None:
    territories, languages = Locale("en").territories, Locale("en").languages
    for code, country in PLACES["countries"].items():
        assert code in territories
        assert country["names"], code
        assert country["languages"], code
        assert set(country["languages"]) <= languages.keys(), code
    assert len(PLACES["countries"]) >= 195


def test_regions_name_known_countries() -> None:
    for region in PLACES["regions"].values():
        assert region["names"]
        assert set(region["countries"]) <= PLACES["countries"].keys()


def test_a_country_name_belongs_to_one_country() -> None:
    counts = Counter(name for country in PLACES["countries"].values() for name in country["names"])
    assert {name: n for name, n in counts.items() if n > 1} == {}


def test_ages_and_years_of_birth_are_ranges() -> None:
    for stage in PEOPLE["life"].values():
        youngest, oldest = stage.get("ages", [0, 1])
        assert 0 <= youngest < oldest
    years = sorted(generation["years"] for generation in PEOPLE["generation"].values())
    assert all(older[1] + 1 == younger[0] for older, younger in pairwise(years))


def test_kinds_of_account_are_complete() -> None:
    kinds = set("shop brand agency venue media fan_page organisation person".split())
    assert ACCOUNTS.keys() == kinds
    assert all(kind["strong"] and kind["weak"] and kind["never"] for kind in ACCOUNTS.values())


def test_languages_are_tags_that_babel_knows() -> None:
    assert all(Locale.parse(tag, sep="-") for tag in LANGUAGES)
