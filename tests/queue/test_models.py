"""A model's way from being added to being retired, on committed data, with a second model in another space."""

import threading
from collections.abc import Iterator

import pytest
from benchmarks.hashing_provider import hashing_provider
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.campaigns.brief import Brief
from influencerflow.database.engine import Database
from influencerflow.embeddings import lifecycle
from influencerflow.embeddings import text as texts
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.local import NAME as LOCAL
from influencerflow.embeddings.notices import model_notices
from influencerflow.embeddings.partitions import is_indexed
from influencerflow.embeddings.registry import EmbeddingModel, active_model, enqueue_missing, list_models
from influencerflow.embeddings.store import reuse_vectors
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text
from influencerflow.errors import ConfigurationError, ConflictError, DatabaseUnavailableError
from influencerflow.matching.service import find_matches
from influencerflow.monitoring.models import model_figures
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF = Brief(product_name="Lift Log", brand_name="Ironvale", product_niche="strength training", total_budget=9_000)
NAME, DIMENSIONS = "hashed-256", 256
BIOS = ("Powerlifting coach", "Sourdough and rye", "Trail running in the Alps", "Recetas veganas", "I knit socks")


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with hashing_provider() as url:
        yield url


@pytest.fixture
def both(settings: Settings, provider: str) -> Settings:
    """With what either model takes."""
    return settings.model_copy(update={"openai_base_url": provider})


@pytest.fixture
def embedded(database: Database, settings: Settings) -> Database:
    with database.transaction() as connection:
        for about in BIOS:
            add_creator(connection, niche=None, about=about)
    Worker(database, settings).drain()
    return database


def states(database: Database) -> list[str]:
    with database.transaction() as connection:
        return [model.state for model in list_models(connection)]


def added(database: Database, settings: Settings) -> EmbeddingModel:
    return lifecycle.register(database, settings, "openai", NAME, DIMENSIONS)


def built(database: Database, settings: Settings) -> EmbeddingModel:
    model = added(database, settings)
    with database.transaction() as connection:
        enqueue_missing(connection, model)
    Worker(database, settings).drain()
    build_index(database, model)
    return model


def count(database: Database, statement: str, **values: object) -> int:
    with database.transaction() as connection:
        return int(connection.scalar(text(statement), values) or 0)


def edit(database: Database, about: str) -> None:
    """One creator, long enough ago that it should have been embedded."""
    with database.transaction() as connection:
        connection.execute(
            text("UPDATE creators SET about = :about WHERE about = :before"), {"about": about, "before": BIOS[0]}
        )
        connection.execute(text("UPDATE embedding_jobs SET enqueued_at = enqueued_at - interval '2 minutes'"))


def stale(database: Database) -> int:
    """Vectors that are not of the creator's present text, in any model that is kept."""
    with database.transaction() as connection:
        rows = connection.execute(
            text("""
                SELECT c.name, c.niche, c.about, c.channel_name, e.content_hash
                FROM creator_embeddings e JOIN creators c ON c.id = e.creator_id
            """)
        ).all()
    return sum(content_hash(creator_text(CreatorProfile(*row[:4]))) != row.content_hash for row in rows)


def test_a_model_is_built_beside_the_active_one_takes_over_and_can_be_taken_back(
    embedded: Database, both: Settings
) -> None:
    model = built(embedded, both)
    with embedded.snapshot() as reading:
        before = find_matches(reading, both, BRIEF, Filters())
        change = lifecycle.activate(embedded, both, model.id)
        # A search under way goes on in the space it began in.
        assert find_matches(reading, both, BRIEF, Filters()).matches == before.matches
    assert (change.previous.id, change.gap, states(embedded)) == (1, lifecycle.Gap(0, 0, 0), ["standby", "active"])
    with embedded.transaction() as connection:
        after = find_matches(connection, both, BRIEF, Filters())
        assert is_indexed(connection, change.model)
    assert {match.match_score_basis for match in after.matches} == {"percentile"}
    assert {match.id for match in after.matches} == {match.id for match in before.matches}
    edit(embedded, "Now it is deadlifts")
    Worker(embedded, both).drain()
    assert stale(embedded) == 0
    assert lifecycle.roll_back(embedded, both).gap == lifecycle.Gap(0, 0, 0)
    assert states(embedded) == ["active", "standby"]


def test_activating_what_would_lose_creators_is_refused_and_said(embedded: Database, both: Settings) -> None:
    model = added(embedded, both)
    with pytest.raises(ConflictError, match=f"{len(BIOS)} creators without a vector"):
        lifecycle.activate(embedded, both, model.id)
    assert states(embedded) == ["active", "building"]
    change = lifecycle.activate(embedded, both, model.id, force=True)
    assert change.gap.missing == len(BIOS)
    with embedded.transaction() as connection:
        assert find_matches(connection, both, BRIEF, Filters()).matching == len(BIOS)


def test_a_creator_nobody_has_embedded_yet_holds_nothing_up(embedded: Database, both: Settings) -> None:
    model = built(embedded, both)
    with embedded.transaction() as connection:
        add_creator(connection)
    assert not lifecycle.activate(embedded, both, model.id).gap


def test_what_the_previous_model_missed_is_said_when_going_back(embedded: Database, both: Settings) -> None:
    model = built(embedded, both)
    lifecycle.activate(embedded, both, model.id)
    edit(embedded, "Edited while the previous model's provider was away")
    with embedded.transaction() as connection:
        connection.execute(text("DELETE FROM embedding_jobs WHERE model_id = :id"), {"id": model.id})
    with pytest.raises(ConflictError, match="older text"):
        lifecycle.activate(embedded, both, 1)
    change = lifecycle.roll_back(embedded, both)
    assert str(change.gap) == "1 creator with a vector of an older text"
    count(embedded, "SELECT 1 FROM enqueue_embeddings(ARRAY(SELECT id FROM creators))")
    Worker(embedded, both).drain()
    assert stale(embedded) == 0


def test_only_a_model_that_was_active_can_be_gone_back_to(embedded: Database, both: Settings) -> None:
    built(embedded, both)
    with pytest.raises(ConflictError, match="no model to go back to"):
        lifecycle.roll_back(embedded, both)


def test_retiring_frees_the_space_keeps_the_figures_and_the_model_can_be_added_again(
    embedded: Database, both: Settings
) -> None:
    model = built(embedded, both)
    with pytest.raises(ConflictError, match="answers the searches"):
        lifecycle.retire(embedded, 1)
    lifecycle.activate(embedded, both, model.id)
    edit(embedded, "Still queued for both")
    lifecycle.retire(embedded, 1)
    lifecycle.retire(embedded, 1)
    with embedded.transaction() as connection:
        retired, active = model_figures(connection)
    assert (retired.state, retired.size_bytes, retired.due, active.due) == ("retired", 0, 0, 1)
    assert retired.tokens > 0
    with pytest.raises(ConflictError, match="retired"):
        lifecycle.activate(embedded, both, 1)
    again = lifecycle.register(embedded, both, "local", LOCAL, 384)
    assert (again.id, again.state) == (1, "building")
    assert count(embedded, "SELECT count(*) FROM creator_embeddings WHERE model_id = 1") == 0


def test_retiring_waits_for_searches_that_may_still_read_the_vectors(embedded: Database, both: Settings) -> None:
    model = built(embedded, both)
    lifecycle.activate(embedded, both, model.id)
    with embedded.snapshot() as reading:
        old = EmbeddingModel(1, "local", LOCAL, 384, texts.TEXT_VERSION, "active")
        assert reading.scalar(text("SELECT 1")) == 1
        with pytest.raises(DatabaseUnavailableError, match="still open"):
            lifecycle.retire(embedded, 1, wait_seconds=0.1)
        found = reading.scalar(text("SELECT count(*) FROM creator_embeddings WHERE model_id = :id"), {"id": old.id})
        assert found == len(BIOS)
    lifecycle.retire(embedded, 1)
    assert count(embedded, "SELECT count(*) FROM creator_embeddings WHERE model_id = 1") == 0


def test_adding_a_model_waits_for_no_search(embedded: Database, both: Settings) -> None:
    with embedded.snapshot() as reading:
        reading.execute(text("SELECT count(*) FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id"))
        assert added(embedded, both).id == 2


def test_two_that_activate_at_once_leave_one_active_model(embedded: Database, both: Settings) -> None:
    model = built(embedded, both)
    outcomes: list[str] = []

    def activate() -> None:
        try:
            lifecycle.activate(embedded, both, model.id)
            outcomes.append("done")
        except ConflictError as error:
            outcomes.append(error.message)

    threads = [threading.Thread(target=activate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # The second is told what it met: the first at work, or done.
    refusals = {f"Model {model.id} is active already.", f"The index of model {model.id} is being built already."}
    assert len(outcomes) == 2
    assert [outcome for outcome in outcomes if outcome not in refusals] == ["done"]
    assert states(embedded) == ["standby", "active"]


def test_a_process_without_a_providers_key_works_on_and_leaves_its_jobs(
    embedded: Database, both: Settings, settings: Settings
) -> None:
    model = added(embedded, both)
    edit(embedded, "For both models")
    worker = Worker(embedded, settings)
    assert worker.work_once()
    assert not worker.work_once()
    for model_id, waiting in ((1, 0), (model.id, 1)):
        assert count(embedded, "SELECT count(*) FROM embedding_jobs WHERE model_id = :id", id=model_id) == waiting
    with embedded.transaction() as connection:
        (notice,) = model_notices(connection, settings)
    assert f"Model {model.id}" in notice
    assert "OPENAI_API_KEY" in notice
    lifecycle.activate(embedded, both, model.id, force=True)
    with pytest.raises(ConfigurationError, match="needs a key"):
        Worker(embedded, settings).drain()
    with embedded.transaction() as connection, pytest.raises(ConfigurationError, match="needs a key"):
        find_matches(connection, settings, BRIEF, Filters())


def test_settings_that_name_another_model_are_said_and_change_nothing(embedded: Database, provider: str) -> None:
    named = Settings(encoder="openai", openai_model=NAME, openai_dimensions=DIMENSIONS, openai_base_url=provider)  # type: ignore[arg-type]
    with embedded.transaction() as connection:
        (notice,) = model_notices(connection, named)
        assert model_notices(connection, Settings()) == []
        assert active_model(connection).provider == "local"
    assert "Settings do not change the model" in notice


def test_a_wrong_model_is_refused_before_it_is_added(embedded: Database, both: Settings, settings: Settings) -> None:
    with pytest.raises(ConfigurationError, match="256 dimensions instead of 100"):
        lifecycle.register(embedded, both, "openai", NAME, 100)
    with pytest.raises(ConfigurationError, match="needs a key"):
        lifecycle.register(embedded, settings, "openai", NAME, DIMENSIONS)
    with pytest.raises(ConflictError, match="registered already"):
        lifecycle.register(embedded, settings, "local", LOCAL, 384)
    assert states(embedded) == ["active"]


def shouted(profile: CreatorProfile) -> str:
    return (profile.about or "").upper() if "knit" in (profile.about or "") else texts._counted_lines(profile)


def test_a_new_text_version_leaves_the_old_vectors_in_use_until_its_own_are_built(
    embedded: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "TEXT_VERSION", 3)
    monkeypatch.setattr("influencerflow.embeddings.registry.TEXT_VERSION", 3)
    monkeypatch.setattr("influencerflow.embeddings.notices.TEXT_VERSION", 3)
    monkeypatch.setitem(texts._MAKERS, 3, shouted)
    edit(embedded, "Edited after the upgrade")
    Worker(embedded, settings).drain()
    assert stale_of_version(embedded, 1, 2) == 0
    with embedded.transaction() as connection:
        assert active_model(connection).text_version == 2
        (notice,) = model_notices(connection, settings)
    assert "text version 3" in notice
    model = lifecycle.register(embedded, settings, "local", LOCAL, 384)
    encoded = count(embedded, "SELECT sum(texts) FROM embedding_usage")
    assert reuse_vectors(embedded, model) == len(BIOS) - 1
    with embedded.transaction() as connection:
        assert enqueue_missing(connection, model) == 1
        assert model_notices(connection, settings) == []
    Worker(embedded, settings).drain()
    assert count(embedded, "SELECT sum(texts) FROM embedding_usage") == encoded + 1
    assert (stale_of_version(embedded, 1, 2), stale_of_version(embedded, model.id, 3)) == (0, 0)
    assert not lifecycle.activate(embedded, settings, model.id).gap


def stale_of_version(database: Database, model_id: int, version: int) -> int:
    with database.transaction() as connection:
        rows = connection.execute(
            text("""
                SELECT c.name, c.niche, c.about, c.channel_name, e.content_hash, c.id
                FROM creators c LEFT JOIN creator_embeddings e ON c.id = e.creator_id AND e.model_id = :id
            """),
            {"id": model_id},
        ).all()
    return sum(content_hash(creator_text(CreatorProfile(*row[:4]), version)) != row.content_hash for row in rows)


def test_texts_of_a_newer_release_are_left_to_it(embedded: Database, settings: Settings) -> None:
    with embedded.transaction() as connection:
        connection.execute(text("UPDATE embedding_models SET text_version = :v"), {"v": texts.TEXT_VERSION + 1})
    edit(embedded, "Edited while an old worker still runs")
    with pytest.raises(ConfigurationError, match="newer version"):
        Worker(embedded, settings).drain()
    with embedded.transaction() as connection:
        assert len(find_matches(connection, settings, BRIEF, Filters()).matches) == len(BIOS)


def test_a_platforms_own_vector_column_follows_the_change(
    database: Database, both: Settings, settings: Settings
) -> None:
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE creators ADD COLUMN embedding_vector vector"))
        for about in BIOS:
            add_creator(connection, niche=None, about=about)
    Worker(database, settings).drain()
    model = built(database, both)
    lifecycle.activate(database, both, model.id)
    same = """
        SELECT count(*) FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id
        WHERE e.model_id = :id AND c.embedding_vector::halfvec = e.embedding_vector
    """
    assert count(database, same, id=model.id) == len(BIOS)
    lifecycle.roll_back(database, both)
    assert count(database, same, id=1) == len(BIOS)
