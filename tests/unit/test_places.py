import pytest

from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.creators.platforms import handle


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("DEU", "DE"), ("GBR", "GB"), ("Hong Kong", "HK"), ("The Netherlands", "NL"), ("Sverige", "SE"), ("भारत", "IN"),
        ("대한민국", "KR"), ("Ελλάδα", "GR"), ("Russian Federation", "RU"), ("中国", "CN"),
    ],
)  # fmt: skip
def test_countries_by_code_and_by_their_own_name(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("eng", "en"), ("deu", "de"), ("中文", "zh"), ("हिन्दी", "hi"), ("한국어", "ko"), ("svenska", "sv"), ("Mandarin", "zh"),
        ("Brazilian Portuguese", "pt-BR"), ("Chinese (Simplified)", "zh-Hans"), ("Tiếng Việt", "vi"),
    ],
)  # fmt: skip
def test_languages_by_code_and_by_their_own_name(name: str, tag: str) -> None:
    assert language_tag(name) == tag


@pytest.mark.parametrize("value", ["", "Europe", "EU", "ZZ", "SCG", "en-US"])
def test_what_is_no_country(value: str) -> None:
    with pytest.raises(ValueError, match="is not a country"):
        country_code(value)


def test_links_without_a_scheme() -> None:
    assert [handle(link) for link in ("instagram.com/anna", "m.youtube.com/@anna", "anna.com")] == [
        "anna",
        "@anna",
        "anna.com",
    ]
