"""A fresh database, and an existing platform's in the guide's shape, with data."""

from collections.abc import Iterator
from importlib.resources import as_file, files

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from pgvector import HalfVector
from sqlalchemy import text
from tests.conftest import run_sql
from tests.factories import add_campaign, add_creator

from influencerflow.creators.signals import LEXICON_VERSION
from influencerflow.database import tables
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import EXTENSIONS, check_server, migrate, require_current
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.registry import add_model, ensure_active_model
from influencerflow.embeddings.store import adopt_vectors
from influencerflow.embeddings.text import CreatorProfile, content_hash, creator_text
from influencerflow.errors import ConfigurationError, DatabaseUnavailableError
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

PLATFORM = """
CREATE EXTENSION vector;
CREATE TABLE creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(200) NOT NULL, platform varchar(50), niche text, about text,
    channel_name text, followers_count text, followers_count_numeric integer, engagement_rate numeric(5,2),
    collaboration_rate numeric(10,2), country text, language text, profile_image text, shoe_size integer);
CREATE TABLE campaigns (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), product_name text, brand_name text, total_budget numeric, owner text);
INSERT INTO creators (name, platform, channel_name, niche, about, followers_count, followers_count_numeric, shoe_size)
    VALUES ('Ana', 'instagram', '@ana', 'fitness', 'Barbell', '12K', 12000, 38),
        ('Ben', 'youtube', 'ben', NULL, NULL, NULL, NULL, 44);
INSERT INTO campaigns (product_name, brand_name, total_budget, owner) VALUES ('Lift Log', 'Ironvale', 5000, 'Kim');
"""
GUIDE_TRIGGER = """
CREATE FUNCTION trigger_creator_embedding_generation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('creator_embedding_needed', NEW.id::text); RETURN NEW; END $$;
CREATE TRIGGER creator_embedding_trigger AFTER INSERT OR UPDATE ON creators
    FOR EACH ROW EXECUTE FUNCTION trigger_creator_embedding_generation();
"""


PLATFORM_TABLES = PLATFORM.replace("CREATE EXTENSION vector;", "")
# A server that does not have the extension, as far as its catalogue tells.
OTHER_EXTENSIONS = """
CREATE SCHEMA pretended;
CREATE VIEW pretended.pg_available_extensions AS
    SELECT * FROM pg_catalog.pg_available_extensions WHERE name <> '{}';
"""


def prepared(url: str, *statements: str) -> Database:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    return Database(url)


def test_fresh_database_and_twice(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    with pytest.raises(ConfigurationError, match="influencerflow migrate"):
        require_current(database)
    migrate(database)
    migrate(database)
    require_current(database)
    with database.transaction() as connection:
        for table in tables.metadata.tables.values():
            connection.execute(table.select())
    database.close()


def test_adopts_a_platform_and_keeps_everything(empty_database_url: str, settings: Settings) -> None:
    database = prepared(empty_database_url, PLATFORM)
    migrate(database)
    with database.transaction() as connection:
        model = ensure_active_model(connection, settings)
        rows = connection.execute(
            text("SELECT name, shoe_size, followers_count_numeric, source FROM creators ORDER BY name")
        ).all()
        assert rows == [("Ana", 38, 12000, None), ("Ben", 44, None, None)]
        assert connection.execute(text("SELECT owner, status FROM campaigns")).all() == [("Kim", "draft")]
        columns = (
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'creators'::regclass"
        )
        types = dict(connection.execute(text(columns)).all())
        assert types["engagement_rate"] == "numeric(5,2)"
        assert types["name"] == "character varying(200)"
    assert Worker(database, settings).drain().embedded == 2
    with database.transaction() as connection:
        read = "SELECT vector_dims(c.embedding_vector) FROM creators c"
        assert connection.scalars(text(read)).all() == [model.dimensions] * 2
    database.close()


def test_keeps_the_platforms_own_vector_column_filled(empty_database_url: str, settings: Settings) -> None:
    column = "ALTER TABLE creators ADD COLUMN embedding_vector vector(384)"
    database = prepared(empty_database_url, PLATFORM, column, GUIDE_TRIGGER)
    migrate(database)
    with database.transaction() as connection:
        ensure_active_model(connection, settings)
    Worker(database, settings).drain()
    with database.transaction() as connection:
        same = """
            SELECT c.embedding_vector::halfvec = e.embedding_vector
            FROM creators c JOIN creator_embeddings e ON e.creator_id = c.id
        """
        assert connection.scalars(text(same)).all() == [True, True]
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 0
    database.close()


def test_leaves_a_vector_column_of_other_dimensions_alone(empty_database_url: str, settings: Settings) -> None:
    column = "ALTER TABLE creators ADD COLUMN embedding_vector vector(3)"
    database = prepared(empty_database_url, PLATFORM, column, "UPDATE creators SET embedding_vector = '[1,2,3]'")
    migrate(database)
    with database.transaction() as connection:
        ensure_active_model(connection, settings)
    assert Worker(database, settings).drain().embedded == 2
    with database.transaction() as connection:
        assert connection.scalars(text("SELECT embedding_vector::text FROM creators")).all() == ["[1,2,3]"] * 2
    database.close()


def test_takes_over_vectors_whose_model_is_named(empty_database_url: str) -> None:
    column = "ALTER TABLE creators ADD COLUMN embedding_vector vector(3)"
    database = prepared(
        empty_database_url, PLATFORM, column, "UPDATE creators SET embedding_vector = '[1,2,3]' WHERE name = 'Ana'"
    )
    migrate(database)
    with database.transaction() as connection:
        model = add_model(connection, "openai", "some-model", 3, state="active")
        assert adopt_vectors(connection, model) == 1
        waiting = "SELECT name FROM embedding_jobs j JOIN creators c ON c.id = j.creator_id"
        assert connection.scalars(text(waiting)).all() == ["Ben"]
    database.close()


def test_adopts_duplicates_without_a_unique_index(empty_database_url: str) -> None:
    twin = "INSERT INTO creators (name, platform, channel_name) VALUES ('Ana 2', 'Instagram', 'ANA')"
    database = prepared(empty_database_url, PLATFORM, twin)
    migrate(database)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM creators")) == 3
    database.close()


def test_a_column_that_cannot_be_adopted_is_named_and_nothing_changed(empty_database_url: str) -> None:
    database = prepared(empty_database_url, "CREATE TABLE creators (id text PRIMARY KEY, name text)")
    with pytest.raises(ConfigurationError, match=r"creators\.id is text"):
        migrate(database)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT to_regclass('campaigns')")) is None
    database.close()


def test_an_old_pgvector_is_refused(empty_database_url: str) -> None:
    aged = "UPDATE pg_extension SET extversion = '0.7.4' WHERE extname = 'vector'"
    database = prepared(empty_database_url, "CREATE EXTENSION vector", aged)
    with pytest.raises(ConfigurationError, match=r"pgvector 0\.7\.4"):
        migrate(database)
    database.close()


@pytest.fixture
def guest_url(empty_database_url: str, server: EmbeddedServer) -> Iterator[str]:
    """The empty database, seen by a user without any right in it."""
    run_sql(server, "CREATE ROLE guest_without_rights LOGIN")
    yield empty_database_url.replace("postgres:@", "guest_without_rights:@")
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY guest_without_rights")
        connection.execute("DROP ROLE guest_without_rights")


def test_no_right_to_create_the_extensions_is_said_of_all_at_once(guest_url: str) -> None:
    database = Database(guest_url)
    everything = "CREATE EXTENSION vector; CREATE EXTENSION pg_trgm; CREATE EXTENSION unaccent;"
    with pytest.raises(ConfigurationError, match=everything):
        migrate(database)
    database.close()


def test_no_right_to_make_tables_is_said_and_nothing_changed(empty_database_url: str, guest_url: str) -> None:
    prepared(empty_database_url, *(f"CREATE EXTENSION {name}" for name in EXTENSIONS)).close()
    database = Database(guest_url)
    with pytest.raises(ConfigurationError, match=r"may not make the tables.*nothing was changed"):
        migrate(database)
    prepared(empty_database_url, "GRANT CREATE ON SCHEMA public TO guest_without_rights", PLATFORM_TABLES).close()
    with pytest.raises(ConfigurationError, match="must be owner of table creators"):
        migrate(database)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT to_regclass('embedding_jobs')")) is None
    database.close()


def test_a_user_that_owns_the_database_needs_no_superuser(
    empty_database_url: str, guest_url: str, settings: Settings
) -> None:
    name = empty_database_url.partition("?")[0].rpartition("/")[2]
    owned = f"ALTER DATABASE {name} OWNER TO guest_without_rights"
    prepared(empty_database_url, "CREATE EXTENSION vector", owned).close()
    database = Database(guest_url)
    migrate(database)
    with database.transaction() as connection:
        ensure_active_model(connection, settings)
        add_creator(connection)
    assert Worker(database, settings).drain().embedded == 1
    database.close()
    prepared(empty_database_url, f"ALTER DATABASE {name} OWNER TO postgres").close()


@pytest.mark.parametrize(("extension", "package"), [("vector", "pgvector 0.8"), ("pg_trgm", "contrib")])
def test_a_server_without_an_extension_is_told_what_to_install(
    empty_database_url: str, extension: str, package: str
) -> None:
    database = prepared(empty_database_url, OTHER_EXTENSIONS.format(extension))
    with database.engine.connect() as connection:
        connection.execute(text("SET search_path = pretended, pg_catalog, public"))
        with pytest.raises(ConfigurationError, match=package):
            check_server(connection)
    database.close()


def test_a_server_that_is_not_there_is_said() -> None:
    database = Database("postgresql://nobody@127.0.0.1:9/none")
    with pytest.raises(DatabaseUnavailableError, match="cannot be reached"):
        database.ping()


def test_a_table_held_by_another_session_times_out(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    database = prepared(empty_database_url, PLATFORM)
    with psycopg.connect(empty_database_url) as other:
        other.execute("LOCK TABLE creators IN ACCESS EXCLUSIVE MODE")
        monkeypatch.setattr("influencerflow.database.migrate.LOCK_TIMEOUT", "200ms")
        with pytest.raises(DatabaseUnavailableError, match="another session"):
            migrate(database)
    migrate(database)
    database.close()


def upgrade_to_base(database: Database) -> None:
    """As the first version left a database."""
    with as_file(files("influencerflow.database") / "migrations") as folder, database.transaction() as connection:
        check_server(connection)
        config = Config()
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")


def test_a_database_of_the_first_version_is_read_without_encoding_anew(
    empty_database_url: str, settings: Settings
) -> None:
    database = Database(empty_database_url)
    upgrade_to_base(database)
    text_of = creator_text(CreatorProfile("Ana Bäcker", "baking", "Zimtschnecken"))
    with database.transaction() as connection:
        model = ensure_active_model(connection, settings)
        creator = add_creator(connection, name="Ana Bäcker", niche="baking", about="Zimtschnecken", language="de")
        campaign = add_campaign(connection)
        connection.execute(text("DELETE FROM embedding_jobs"))
        vectors = LocalEncoder().encode_document([text_of]).vectors
        connection.execute(
            text(
                "INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)"
                " VALUES (:model, :creator, :vector, :hash)"
            ),
            {
                "model": model.id,
                "creator": creator,
                "vector": HalfVector(vectors[0]),
                "hash": content_hash(text_of),
            },
        )
        for statement in (
            "INSERT INTO match_runs (campaign_id, fingerprint, filters, total, stored) VALUES (:campaign, 'x', '{}', 1, 1)",
            "INSERT INTO match_scores (campaign_id, creator_id, match_score, niche_match, audience_match, engagement_score,"
            " budget_fit, rank) VALUES (:campaign, :creator, 1, 1, 1, 1, 1, 1)",
        ):
            connection.execute(text(statement), {"campaign": campaign, "creator": creator})
    migrate(database)
    with database.transaction() as connection:
        found = (
            "SELECT creator_id FROM creator_signals WHERE document @@ to_tsquery('simple', 'zimtschnecken & backer:A')"
        )
        assert connection.scalars(text(found)).all() == [creator]
        assert connection.scalar(text("SELECT count(*) FROM match_runs")) == 0
        assert connection.scalar(text("SELECT count(*) FROM match_scores")) == 0
        assert connection.scalar(text("SELECT count(*) FROM campaigns")) == 1
    Worker(database, settings).drain()
    with database.transaction() as connection:
        read = connection.execute(text("SELECT lexicon_version, topic_keys FROM creator_signals")).one()
        assert (read.lexicon_version, "baking" in read.topic_keys) == (LEXICON_VERSION, True)
        assert connection.scalar(text("SELECT count(*) FROM embedding_usage")) == 0
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 0
    database.close()


def test_vectors_taken_over_are_not_paid_for_again_until_the_text_changes(
    empty_database_url: str, settings: Settings
) -> None:
    column = "ALTER TABLE creators ADD COLUMN embedding_vector vector(384)"
    filled = "UPDATE creators SET embedding_vector = array_fill(0.1, ARRAY[384])::vector"
    database = prepared(empty_database_url, PLATFORM, column, filled)
    migrate(database)
    with database.transaction() as connection:
        adopted = adopt_vectors(connection, ensure_active_model(connection, settings))
    assert adopted == 2
    assert encoded_texts(database) == 0
    Worker(database, settings).drain()
    with database.transaction() as connection:
        assert connection.scalars(text("SELECT lexicon_version FROM creator_signals")).all() == [LEXICON_VERSION] * 2
    assert encoded_texts(database) == 0
    with database.transaction() as connection:
        connection.execute(text("UPDATE creators SET about = 'Something else' WHERE name = 'Ana'"))
    Worker(database, settings).drain()
    assert encoded_texts(database) == 1
    database.close()


def encoded_texts(database: Database) -> int:
    with database.transaction() as connection:
        return int(connection.scalar(text("SELECT coalesce(sum(texts), 0) FROM embedding_usage")) or 0)
