import pytest

from influencerflow.creators.importing.figures import parse_count, parse_engagement, parse_money
from influencerflow.creators.importing.places import country_code, language_tag
from influencerflow.creators.platforms import handle, platform_name


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1.2M", 1_200_000), ("16,037 M", 16_037_000), ("125K", 125_000), ("125k", 125_000), ("1 234", 1_234),
        ("1\u202f234", 1_234), ("1\u00a0234\u00a0567", 1_234_567), ("1,234", 1_234), ("1.234", 1_234), ("1.234.567", 1_234_567),
        ("1,234,567.0", 1_234_567), ("12'500", 12_500), ("0", 0), (1290, 1_290), (1290.0, 1_290), ("1,5 Mio", 1_500_000),
        ("2.5bn", 2_500_000_000), ("313000000", 313_000_000),
    ],
)  # fmt: skip
def test_counts_as_people_write_them(written: object, meant: int) -> None:
    assert parse_count(written) == meant


@pytest.mark.parametrize("written", ["-5", "many", "1.2X", "", "12%", "1-2", "NaN", "inf", True, "9e99"])
def test_counts_that_are_none(written: object) -> None:
    with pytest.raises(ValueError, match="is "):
        parse_count(written)


def test_absurd_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="absurdly large"):
        parse_count("9bn", most=8_000_000_000)


@pytest.mark.parametrize(
    ("written", "fraction", "percent"),
    [
        ("3.4%", False, 3.4), ("3,4 %", True, 3.4), ("0.034", True, 3.4), (0.034, True, 3.4),
        ("0.034", False, 0.034), ("1.234", False, 1.234),
    ],
)  # fmt: skip
def test_engagement(written: object, fraction: bool, percent: float) -> None:
    assert parse_engagement(written, fraction=fraction) == pytest.approx(percent)


def test_engagement_above_all_is_refused() -> None:
    with pytest.raises(ValueError, match="above 100"):
        parse_engagement("1234", fraction=False)


def test_money_is_dollars() -> None:
    assert parse_money("$1,200.50") == 1200.5
    with pytest.raises(ValueError, match="US dollars"):
        parse_money("1200 €")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Deutschland", "DE"), ("germany", "DE"), ("de", "DE"), ("UK", "GB"), ("España", "ES"),
        ("espana", "ES"), ("USA", "US"), ("Côte d’Ivoire", "CI"), ("日本", "JP"),
    ],
)  # fmt: skip
def test_countries(name: str, code: str) -> None:
    assert country_code(name) == code


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("English", "en"), ("español", "es"), ("Spanish", "es"), ("en_US", "en-US"), ("pt-br", "pt-BR"),
        ("zh-hans-cn", "zh-Hans-CN"), ("Deutsch", "de"), ("Français", "fr"),
    ],
)  # fmt: skip
def test_languages(name: str, tag: str) -> None:
    assert language_tag(name) == tag


@pytest.mark.parametrize("parse", [country_code, language_tag, platform_name])
def test_places_and_platforms_we_do_not_know(parse: object) -> None:
    with pytest.raises(ValueError, match="is not a"):
        parse("Atlantis-on-Sea")  # type: ignore[operator]


def test_platforms_and_handles() -> None:
    assert [platform_name(name) for name in ("IG", "Tik Tok", "Twitter/X", " YouTube ")] == [
        "instagram",
        "tiktok",
        "x",
        "youtube",
    ]
    links = [
        "https://www.youtube.com/@anna",
        "https://instagram.com/anna/?hl=de",
        "www.tiktok.com/@anna",
        "youtube.com",
        "@anna",
        "https://youtube.com/channel/UC1",
    ]
    assert [handle(link) for link in links] == ["@anna", "anna", "@anna", "youtube.com", "@anna", "UC1"]
