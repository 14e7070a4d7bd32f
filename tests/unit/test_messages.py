"""The words of the pages: every key that is used is there, and none that is not."""

import re
from pathlib import Path

import pytest

import influencerflow.web
from influencerflow.web import text as reading
from influencerflow.web.messages import catalogue, negotiate, t, use_locale

FOLDER = Path(influencerflow.web.__file__).parent
SOURCES = [path for pattern in ("*.py", "templates/**/*.html") for path in FOLDER.rglob(pattern)]
# Every quoted dotted word of a source that begins like a file of messages; an f-string's is a beginning.
_KEY = re.compile(r"""f?["']([a-z_]+(?:\.[a-z0-9_]+)+\.?)(\{)?""")


def used() -> tuple[set[str], set[str]]:
    prefixes = {key.split(".")[0] for key in catalogue("en")}
    whole, begun = set(), set()
    for source in SOURCES:
        for key, goes_on in _KEY.findall(source.read_text(encoding="utf-8")):
            if key.split(".")[0] in prefixes and not key.endswith(".html"):
                (begun if goes_on or key.endswith(".") else whole).add(key)
    return whole, begun


def test_every_message_that_is_asked_for_was_written() -> None:
    whole, begun = used()
    assert sorted(whole - catalogue("en").keys()) == []
    assert [start for start in begun if not any(key.startswith(start) for key in catalogue("en"))] == []


def test_no_message_is_left_that_nobody_asks_for() -> None:
    whole, begun = used()
    unused = [key for key in catalogue("en") if key not in whole and not key.startswith(tuple(begun))]
    assert unused == []


def test_what_is_put_into_a_message_is_escaped_and_numbers_are_grouped() -> None:
    assert t("frame.page", page=1234, pages="<b>") == "Page 1,234 of &lt;b&gt;"


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("en-GB,en;q=0.9", "en_GB"),
        ("de-DE,de;q=0.9,en-IN;q=0.5", "en_IN"),
        ("", "en_US"),
        ("en", "en_US"),
        ("xx-nonsense;;,é", "en_US"),
        ("*", "en_US"),
    ],
)
def test_the_first_language_there_are_messages_in_is_taken(header: str, locale: str) -> None:
    assert str(negotiate(header)) == locale


def test_figures_are_written_as_the_reader_writes_them() -> None:
    use_locale("en-IN")
    assert reading.number(1234567) == "12,34,567"
    use_locale("")
    assert reading.money(1234567.4) == "$1,234,567"
    assert reading.percent(3.44) == "3.4%"
