"""Every way a provider fails, over real HTTP: what becomes of the batch, of its attempts, and of what is stored."""

import threading
import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import numpy as np
import pytest
from benchmarks.provider import Provider, vector_of
from pydantic import SecretStr
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.queue import retry_failed
from influencerflow.embeddings import openai as encoder_module
from influencerflow.embeddings import requests
from influencerflow.embeddings.encoder import AccountRefusedError, normalized
from influencerflow.embeddings.registry import add_model, list_models
from influencerflow.embeddings.store import read_vectors
from influencerflow.embeddings.text import CreatorProfile, creator_text
from influencerflow.errors import ConfigurationError, EncoderUnavailableError
from influencerflow.settings import Settings
from influencerflow.worker import breaker as breaker_module
from influencerflow.worker.intake import PROBE_TEXT
from influencerflow.worker.worker import Worker

DIMENSIONS = 8


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider(DIMENSIONS) as started:
        yield started


def of_jobs(provider: Provider) -> list[list[str]]:
    """Calls without the probes of a pause, of which a slow machine sees more."""
    return [call for call in provider.calls if call != [PROBE_TEXT]]


@pytest.fixture
def keyed(settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings that lead to the provider, and pauses short enough for a test."""
    monkeypatch.setattr(breaker_module, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(breaker_module, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(encoder_module, "_FIRST_BACKOFF", 0.05)
    monkeypatch.setattr(encoder_module, "DOCUMENT_TIMEOUT", 1.0)
    monkeypatch.setattr("influencerflow.embedding_queue.queue.FIRST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr("influencerflow.worker.batch.LONGEST_PAUSE", 0.1)
    return settings.model_copy(
        update={"openai_base_url": provider.url, "openai_api_key": SecretStr("sk-secret"), "embed_lease_seconds": 5.0}
    )


@pytest.fixture
def remote(database: Database) -> Database:
    """The active model is the provider's; seven creators wait."""
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
        add_model(connection, "openai", "some-model", DIMENSIONS, state="active")
        for number in range(7):
            add_creator(connection, name=f"Name {number}")
    return database


def jobs(database: Database, columns: str = "state, attempts") -> list[tuple[object, ...]]:
    with database.transaction() as connection:
        rows = connection.execute(text(f"SELECT {columns} FROM embedding_jobs ORDER BY creator_id")).all()
    return [tuple(row) for row in rows]


def assert_all_are_right(database: Database, count: int = 7) -> None:
    """Every vector is the one the provider gives for the creator's own text."""
    with database.transaction() as connection:
        model = list_models(connection)[-1]
        rows = connection.execute(
            text(
                "SELECT c.id, name, niche, about, channel_name FROM creators c JOIN creator_embeddings ON creator_id = c.id"
            )
        ).all()
        stored = read_vectors(connection, model, [row.id for row in rows])
    assert len(rows) == count
    wanted = [vector_of(creator_text(CreatorProfile(*row[1:])), DIMENSIONS) for row in rows]
    np.testing.assert_allclose(stored, normalized(np.array(wanted)), atol=2e-3)


@pytest.mark.parametrize(
    "behaviour",
    [
        "500",
        "503",
        "gone",
        "cut",
        "hang",
        "too few",
        "too many",
        "twice the same",
        "nan",
        "zero",
        "infinite",
        "no json",
        "429",
        "429:0.05",
    ],
)
def test_a_passing_failure_is_got_over(remote: Database, keyed: Settings, provider: Provider, behaviour: str) -> None:
    provider.script(behaviour)
    tally = Worker(remote, keyed).drain()
    assert (tally.embedded, tally.failed, jobs(remote)) == (7, 0, [])
    assert provider.answers[0] == behaviour
    assert_all_are_right(remote)


def test_reordered_vectors_go_to_their_texts(remote: Database, keyed: Settings, provider: Provider) -> None:
    provider.script("reordered")
    Worker(remote, keyed).drain()
    assert len(provider.calls) == 1
    assert_all_are_right(remote)


@pytest.mark.parametrize("behaviour", ["400", "422", "500", "nan", "cut"])
def test_a_poisonous_text_is_isolated(remote: Database, keyed: Settings, provider: Provider, behaviour: str) -> None:
    provider.poison["Name 3"] = behaviour
    tally = Worker(remote, keyed).drain()
    assert (tally.embedded, tally.failed) == (6, 1)
    ((state, reason),) = jobs(remote, "state, last_error")
    assert state == "failed"
    assert str(reason).startswith("The ")
    assert_all_are_right(remote, 6)


def test_a_refused_text_fails_at_once_and_any_other_after_six_attempts(
    remote: Database, keyed: Settings, provider: Provider
) -> None:
    provider.poison = {"Name 3": "400", "Name 4": "500"}
    Worker(remote, keyed).drain()
    assert sorted(jobs(remote, "attempts, state")) == [(1, "failed"), (6, "failed")]
    provider.poison = {}
    with remote.transaction() as connection:
        assert retry_failed(connection, reason="refused the input") == 1
        assert retry_failed(connection) == 1
    Worker(remote, keyed).drain()
    assert_all_are_right(remote)


@pytest.mark.parametrize(
    ("behaviour", "error", "said"),
    [
        ("401", AccountRefusedError, "OPENAI_API_KEY"),
        ("403", AccountRefusedError, "OPENAI_API_KEY"),
        ("404", AccountRefusedError, "does not have the model"),
        ("quota", AccountRefusedError, "no credit left"),
        ("wrong dimension", ConfigurationError, "7 dimensions instead of 8"),
    ],
)
def test_what_a_person_has_to_mend_stops_at_once(
    remote: Database, keyed: Settings, provider: Provider, behaviour: str, error: type[Exception], said: str
) -> None:
    provider.always = behaviour
    with pytest.raises(error, match=said) as raised:
        Worker(remote, keyed).drain()
    assert "sk-secret" not in str(raised.value)
    assert len(of_jobs(provider)) == 1
    assert jobs(remote) == [("queued", 0)] * 7


@pytest.mark.parametrize("behaviour", ["500", "400", "too few"])
def test_an_outage_costs_no_attempt(remote: Database, keyed: Settings, provider: Provider, behaviour: str) -> None:
    provider.always = behaviour
    with pytest.raises(Exception, match=r"embedding provider|vectors that do not fit"):
        Worker(remote, keyed).drain()
    assert len(of_jobs(provider)) <= breaker_module.FAILURES_TO_OPEN + 1
    assert {state for state, _ in jobs(remote)} == {"queued"}


def test_the_breaker_closes_when_the_outage_ends_and_says_so_meanwhile(
    remote: Database, keyed: Settings, provider: Provider
) -> None:
    provider.always = "503"
    worker = Worker(remote, keyed)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        reason = "SELECT coalesce(max(paused_reason), '') FROM embedding_workers"
        assert eventually(lambda: "does not answer" in str(scalar(remote, reason)))
        # Asked whether it is back with a text of our own; creators' texts wait.
        assert eventually(lambda: len(provider.calls) > breaker_module.FAILURES_TO_OPEN + 2)
        assert provider.calls[-1] == ["Fitness"]
        provider.always = "ok"
        assert eventually(lambda: jobs(remote) == [])
        assert eventually(lambda: scalar(remote, reason) == "")
    finally:
        worker.stopping.set()
        thread.join(30)
    assert_all_are_right(remote)


def test_a_refused_connection_is_an_outage(remote: Database, keyed: Settings, provider: Provider) -> None:
    provider.stop()
    with pytest.raises(EncoderUnavailableError, match="does not answer"):
        Worker(remote, keyed).drain()
    assert {state for state, _ in jobs(remote)} == {"queued"}


def test_limits_are_obeyed_before_they_bite(remote: Database, keyed: Settings, provider: Provider) -> None:
    """Fifty requests a second, of which each creator takes one: 429 is never seen after the limit was told."""
    with remote.transaction() as connection:
        for number in range(40):
            add_creator(connection, name=f"Another {number}")
    limited = Provider(DIMENSIONS, requests=600, tokens=60_000)
    limited.limits["requests"].left = 10  # a full bucket holds a minute's worth
    with limited:
        hurried = keyed.model_copy(update={"openai_base_url": limited.url, "embed_batch_size": 2})
        Worker(remote, hurried).drain()
    assert [answer for answer in limited.answers if answer != "ok"] == []
    assert len(limited.calls) >= 24


def test_a_long_rate_limit_gives_the_batch_back(
    remote: Database, keyed: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(encoder_module, "LONGEST_WAIT", 0.1)
    provider.script("429:0.5")
    worker = Worker(remote, keyed)
    assert worker.work_once()
    assert jobs(remote) == [("queued", 0)] * 7
    assert worker.drain().embedded == 7


def test_identical_texts_are_sent_once(remote: Database, keyed: Settings, provider: Provider) -> None:
    with remote.transaction() as connection:
        for _ in range(3):
            add_creator(connection, name="Twin", about="the same")
    assert Worker(remote, keyed).drain().reused == 2
    with remote.transaction() as connection:
        add_creator(connection, name="Twin", about="the same")
    late = Worker(remote, keyed).drain()
    assert (late.embedded, late.reused, late.requests) == (1, 1, 0)
    sent = [value for call in provider.calls for value in call]
    assert len(sent) == len(set(sent)) == 8
    assert_all_are_right(remote, 11)


def test_a_text_too_long_is_shortened_and_noted(
    remote: Database, keyed: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(requests._LIMITS, "openai", requests.Limits(2048, 300_000, 60))
    with remote.transaction() as connection:
        add_creator(
            connection, name="Ana", about="I lift barbells. And I bake bread. On Sundays I climb with my friends."
        )
    Worker(remote, keyed).drain()
    assert "Ana\nfitness\nI lift barbells. And I bake bread." in (value for call in provider.calls for value in call)
    assert scalar(remote, "SELECT count(*) FROM creator_embeddings WHERE shortened") == 1


def test_tokens_money_and_failures_are_counted(remote: Database, keyed: Settings, provider: Provider) -> None:
    provider.script("500")
    priced = keyed.model_copy(update={"embed_prices": {"some-model": Decimal(1000)}})
    tally = Worker(remote, priced).drain()
    with remote.transaction() as connection:
        used = connection.execute(text("SELECT requests, failures, texts, tokens, cost_usd FROM embedding_usage")).one()
    assert tuple(used) == (3, 1, 7, tally.tokens, Decimal(tally.tokens) / 1000)
    assert float(tally.cost_usd) == tally.tokens / 1000


def test_the_cap_pauses_the_worker(remote: Database, keyed: Settings, provider: Provider) -> None:
    capped = keyed.model_copy(
        update={
            "embed_prices": {"some-model": Decimal(1000)},
            "embed_monthly_cap_usd": Decimal("0.001"),
            "embed_batch_size": 2,
        }
    )
    worker = Worker(remote, capped)
    with pytest.raises(EncoderUnavailableError, match=r"of this month's \$0.00 .* are spent"):
        worker.drain()
    assert len(provider.calls) <= 4, "no more than were in flight"
    assert {state for state, _ in jobs(remote)} == {"queued"}
    assert Worker(remote, capped.model_copy(update={"embed_monthly_cap_usd": Decimal(100)})).drain().failed == 0
    assert_all_are_right(remote)


def scalar(database: Database, statement: str) -> object:
    with database.transaction() as connection:
        return connection.scalar(text(statement))


def eventually(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 60
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()
