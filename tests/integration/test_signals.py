"""What is kept of creators' texts: documents by trigger, signals by the worker."""

from uuid import UUID

import pytest
from sqlalchemy import RowMapping, text
from tests.factories import add_creator

from influencerflow.creators import signals_store
from influencerflow.creators.signals import LEXICON_VERSION
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import active_model
from influencerflow.embeddings.store import read_texts
from influencerflow.settings import Settings
from influencerflow.worker import batch as working
from influencerflow.worker.worker import Worker

ABOUT = "Backpulver und Zimtschnecken aus Köln. Mama von zwei Kindern, die gerne backen und wandern 🇩🇪"


@pytest.fixture
def baker(database: Database) -> UUID:
    with database.transaction() as connection:
        return add_creator(
            connection, name="Ana Bäcker", channel_name="@ana.backt", niche=None, about=ABOUT, language="de"
        )


def signals(database: Database, creator_id: UUID) -> RowMapping:
    with database.transaction() as connection:
        statement = "SELECT * FROM creator_signals WHERE creator_id = :id"
        return connection.execute(text(statement), {"id": creator_id}).mappings().one()


def finds(database: Database, query: str) -> bool:
    with database.transaction() as connection:
        statement = "SELECT count(*) FROM creator_signals WHERE document @@ to_tsquery('simple', :query)"
        return bool(connection.scalar(text(statement), {"query": query}))


def edit(database: Database, changes: str) -> None:
    with database.transaction() as connection:
        connection.execute(text(f"UPDATE creators SET {changes}"))


def state(database: Database) -> tuple[object, ...]:
    with database.transaction() as connection:
        row = "SELECT xmin::text, s.* FROM creator_signals s"
        return tuple(connection.execute(text(row)).one())


def encoded_texts(database: Database) -> int:
    with database.transaction() as connection:
        return int(connection.scalar(text("SELECT coalesce(sum(texts), 0) FROM embedding_usage")) or 0)


@pytest.mark.parametrize("word", ["backer", "ana", "backt", "zimtschnecken", "koln", "zimtschneck"])
def test_a_new_creator_is_found_by_its_words_at_once(database: Database, baker: UUID, word: str) -> None:
    assert finds(database, word)


def test_name_and_niche_weigh_most_then_the_handle_then_the_bio(database: Database) -> None:
    with database.transaction() as connection:
        add_creator(connection, name="alpha", niche="beta", channel_name="@gamma.delta", about="epsilon")
    assert all(finds(database, query) for query in ("alpha:A", "beta:A", "gamma:B", "delta:B", "epsilon:C"))
    assert not finds(database, "epsilon:AB")


def test_an_edited_text_is_found_by_its_new_words_only(database: Database, baker: UUID) -> None:
    edit(database, "about = 'Crypto news'")
    assert finds(database, "crypto")
    assert not finds(database, "zimtschnecken")


def test_another_language_stems_anew(database: Database, baker: UUID, settings: Settings) -> None:
    assert finds(database, "kind:D")
    edit(database, "language = 'en'")
    assert not finds(database, "kind:D")
    Worker(database, settings).drain()
    assert not finds(database, "kind:D")


def test_an_edit_of_statistics_touches_nothing(database: Database, baker: UUID, settings: Settings) -> None:
    Worker(database, settings).drain()
    before = state(database)
    edit(database, "followers_count_numeric = 1, engagement_rate = 2, about = about, country = 'AT'")
    assert state(database) == before


def test_a_deleted_creator_leaves_nothing(database: Database, baker: UUID) -> None:
    with database.transaction() as connection:
        connection.execute(text("DELETE FROM creators"))
        assert connection.scalar(text("SELECT count(*) FROM creator_signals")) == 0


def test_the_worker_reads_what_a_text_says(database: Database, baker: UUID, settings: Settings) -> None:
    assert signals(database, baker)["lexicon_version"] is None
    Worker(database, settings).drain()
    read = signals(database, baker)
    assert {"baking", "hiking"} <= set(read["topic_keys"])
    assert read["topics"]["baking"] >= 0.6
    assert (read["countries"], read["language"], read["gender"], read["account"]) == (["DE"], "de", "female", "person")
    assert read["inferred_niche"] == max(read["topics"], key=lambda key: read["topics"][key])
    assert read["lexicon_version"] == LEXICON_VERSION


def test_an_edit_resets_signals_and_the_worker_reads_them_anew(
    database: Database, baker: UUID, settings: Settings
) -> None:
    Worker(database, settings).drain()
    edit(database, "about = 'Bitcoin and crypto trading every day, from Lagos'")
    assert signals(database, baker)["lexicon_version"] is None
    Worker(database, settings).drain()
    read = signals(database, baker)
    assert "crypto" in read["topic_keys"]
    assert "baking" not in read["topic_keys"]
    assert read["countries"] == ["NG"]


def test_reading_counts_as_a_change_of_the_catalogue(database: Database, baker: UUID, settings: Settings) -> None:
    def changes() -> int:
        with database.transaction() as connection:
            return int(connection.scalar(text("SELECT sum(changes) FROM catalogue_changes")) or 0)

    before = changes()
    Worker(database, settings).drain()
    assert changes() > before


def test_another_lexicon_reads_everybody_again_and_encodes_nobody(
    database: Database, baker: UUID, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    Worker(database, settings).drain()
    encoded = encoded_texts(database)
    for module in (signals_store, working):
        monkeypatch.setattr(module, "LEXICON_VERSION", LEXICON_VERSION + 1)
    with database.transaction() as connection:
        connection.execute(text("UPDATE creator_signals SET topics = '{}', topic_keys = '{}'"))
    Worker(database, settings).drain()
    read = signals(database, baker)
    assert read["lexicon_version"] == LEXICON_VERSION + 1
    assert "baking" in read["topic_keys"]
    assert encoded_texts(database) == encoded


def test_a_lexicon_that_is_up_to_date_queues_nobody(database: Database, baker: UUID, settings: Settings) -> None:
    Worker(database, settings).drain()
    with database.transaction() as connection:
        signals_store.enqueue_outdated(connection)
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 0


@pytest.mark.parametrize("about", [None, "", "ʼ ⑴ ½ ﷺ", "a" * 20_000, "🍔" * 5_000])
def test_any_text_is_kept_and_read(database: Database, settings: Settings, about: str | None) -> None:
    with database.transaction() as connection:
        added = add_creator(connection, name="ʼ", channel_name=None, niche=None, about=about)
    assert Worker(database, settings).drain().failed == 0
    assert signals(database, added)["lexicon_version"] == LEXICON_VERSION
    with database.transaction() as connection:
        assert read_texts(connection, active_model(connection).id, [added])[added].embedded_hash
