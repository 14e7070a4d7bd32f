"""How texts become requests, and how long a provider's limits make them wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from influencerflow.embeddings import allowance
from influencerflow.embeddings.allowance import Allowance, duration
from influencerflow.embeddings.requests import Limits, estimate_tokens, first_request, limits_of, shorten


@given(st.text(), st.integers(1, 200))
def test_a_shortened_text_fits_and_is_the_beginning(text: str, most: int) -> None:
    short = shorten(text, most)
    assert short == text or len(short.encode("utf-8", "replace")) <= most
    assert text.startswith(short.rstrip())


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("I lift. I bake bread on Sundays.", 25, "I lift. I bake bread on"),
        ("I lift barbells. I bake bread.", 25, "I lift barbells."),
        ("举重运动员。烘焙面包和蛋糕", 30, "举重运动员。"),
        ("x" * 50, 25, "x" * 25),
        ("é" * 50, 25, "é" * 12),
    ],
)
def test_a_text_is_cut_at_a_sentence_then_at_a_word(text: str, most: int, short: str) -> None:
    assert shorten(text, most) == short


def test_requests_keep_both_limits() -> None:
    limits = Limits(texts=3, tokens=100, text_bytes=None)
    assert first_request(["a"] * 10, limits) == 3
    assert first_request(["a" * 100] * 10, limits) == 2
    assert first_request(["a" * 1000] * 10, limits) == 1
    assert first_request([], limits) == 0


def test_a_text_of_the_most_bytes_has_no_more_tokens_than_the_endpoint_takes() -> None:
    """A token is a byte at least."""
    assert (limits_of("openai", None).text_bytes or 0) <= 8192


@pytest.mark.parametrize(
    ("text", "tokens"), [("", 0), ("Barbell training for busy people", 5), ("Тренировки со штангой", 9)]
)
def test_estimates_are_on_the_safe_side(text: str, tokens: int) -> None:
    """Beside the counts of OpenAI's own tokenizer, cl100k_base."""
    assert estimate_tokens(text) > tokens


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("6m0s", 360),
        ("20ms", 0.02),
        ("1.5s", 1.5),
        ("1h2m3s", 3723),
        ("7", 7),
        ("soon", None),
        ("", None),
        (None, None),
        ("nan", None),
    ],
)
def test_durations_as_providers_write_them(value: str | None, seconds: float | None) -> None:
    assert duration(value) == seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(allowance.time, "monotonic", lambda: now[0])
    return now


def headers(remaining: int, reset: str, limit: int = 1000) -> dict[str, str]:
    return {
        "x-ratelimit-limit-tokens": str(limit),
        "x-ratelimit-remaining-tokens": str(remaining),
        "x-ratelimit-reset-tokens": reset,
    }


def test_an_allowance_refills_steadily(clock: list[float]) -> None:
    allowed = Allowance()
    assert allowed.seconds_to_wait(10_000) == 0, "nothing is known yet"
    allowed.observe(headers(400, "60s"))
    assert allowed.seconds_to_wait(300) == 0
    assert allowed.seconds_to_wait(300) == pytest.approx(20), "100 are left, 10 come back a second"
    clock[0] += 20
    assert allowed.seconds_to_wait(300) == 0
    assert allowed.seconds_to_wait(5_000) == pytest.approx(100), "more than the limit waits for a full bucket"


def test_an_answer_that_was_overtaken_does_not_raise_the_allowance(clock: list[float]) -> None:
    allowed = Allowance()
    allowed.observe(headers(100, "90s"))
    allowed.observe(headers(500, "50s"))
    assert allowed.seconds_to_wait(400) > 0


def test_a_count_without_a_time_comes_back_at_once_and_one_without_a_limit_when_it_says(clock: list[float]) -> None:
    allowed = Allowance()
    allowed.observe({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "30"})
    assert allowed.seconds_to_wait(1) == pytest.approx(30)
    clock[0] += 30
    assert allowed.seconds_to_wait(1) == 0


def test_a_pause_holds_everything(clock: list[float]) -> None:
    allowed = Allowance()
    allowed.pause(5)
    assert allowed.seconds_to_wait(1) == pytest.approx(5)
    clock[0] += 5
    assert allowed.seconds_to_wait(1) == 0
