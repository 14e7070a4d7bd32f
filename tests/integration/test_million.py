"""The benchmark at scale, small: what it loads is what the product would have made, and what it measures is true."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psycopg
import pytest
from benchmarks.million import vectors
from benchmarks.million.briefs import invented_queries
from benchmarks.million.buckets import Bucket, make_buckets
from benchmarks.million.catalogue import Catalogue
from benchmarks.million.engines.base import Data, Engine, Found
from benchmarks.million.engines.ours import Ours
from benchmarks.million.engines.postgres import Guide, Pgvector
from benchmarks.million.load import load, plain_url
from benchmarks.million.measure import TUNING_QUERIES, Contestant, Judge, measure, measure_all, tune
from benchmarks.million.refresh import new_figures, refresh
from benchmarks.million.report import Phase, write_report
from benchmarks.million.spectrum import load_spectrum, neighbour_cosines, pair_cosines
from benchmarks.million.truth import Truth
from sqlalchemy import Connection, text

from influencerflow.database.engine import Database
from influencerflow.embeddings.encoder import Vectors
from influencerflow.embeddings.registry import active_model
from influencerflow.embeddings.store import read_texts
from influencerflow.embeddings.text import content_hash
from influencerflow.errors import ConflictError
from influencerflow.retrieval.filters import Filters
from influencerflow.settings import Settings

SIZE, TOPICS, QUERIES = 3_000, 16, 4

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path_factory.getbasetemp() / "encodings"
    monkeypatch.setattr(vectors, "CACHE", folder)


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(SIZE, topics=TOPICS)


@pytest.fixture
def loaded(database: Database, settings: Settings, catalogue: Catalogue) -> Database:
    load(database, settings, catalogue, say=lambda _what: None)
    return database


def index_definitions(connection: Connection) -> set[str]:
    statement = "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return set(connection.scalars(text(statement)))


def test_a_larger_catalogue_begins_with_the_smaller_one(catalogue: Catalogue) -> None:
    small = next(iter(catalogue.blocks()))
    large = next(iter(Catalogue(SIZE + 500, topics=TOPICS).blocks()))
    assert large.frame.head(SIZE).equals(small.frame)
    assert np.array_equal(large.vectors[:SIZE], small.vectors)
    assert small.frame["id"].n_unique() == small.frame["channel_name"].n_unique() == SIZE


def test_invented_vectors_lie_as_real_ones() -> None:
    catalogue = Catalogue(8_123, topics=TOPICS)
    rng = np.random.default_rng(0)
    clusters = rng.integers(0, len(catalogue.profiles.clusters), catalogue.size)
    bare = catalogue.mixture.bare(clusters, rng.integers(0, vectors.GROUPS, catalogue.size), rng)
    real = load_spectrum()
    low, middle, high = pair_cosines(bare, rng)
    assert 0.75 < low < middle < high < 0.90
    assert middle == pytest.approx(real.pair_cosines[1], abs=0.03)
    found = neighbour_cosines(next(iter(catalogue.blocks())).vectors, rng)
    # Of so few topics, farther neighbours lie nearer than real ones.
    for nth in ("1", "20"):
        assert found[nth][1] == pytest.approx(real.neighbour_cosines[nth][1], abs=0.08)


def test_loading_leaves_what_the_product_would_have_made_and_new_figures_change_none_of_it(
    database: Database, settings: Settings, catalogue: Catalogue
) -> None:
    with database.transaction() as connection:
        before = index_definitions(connection)
    load(database, settings, catalogue, say=lambda _what: None)
    with database.transaction() as connection:
        (vector_index,) = index_definitions(connection) - before
        assert "hnsw" in vector_index
        assert before <= index_definitions(connection)
        assert connection.scalar(text("SELECT count(*) FROM creators")) == SIZE
        assert connection.scalar(text("SELECT count(*) FROM creator_signals WHERE lexicon_version IS NOT NULL")) == SIZE
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 0
        ids = connection.scalars(text("SELECT id FROM creators LIMIT 200")).all()
        for stored in read_texts(connection, active_model(connection).id, ids).values():
            assert stored.embedded_hash == content_hash(stored.text)
        wrong = text("""
            SELECT count(*) FROM creators c JOIN creator_signals s ON s.creator_id = c.id
            WHERE s.document <> creator_document(c.name, c.channel_name, c.niche, c.about, c.language)
        """)
        assert connection.scalar(wrong) == 0
        connection.execute(text("UPDATE creators SET about = 'new words' WHERE id = :id"), {"id": ids[0]})
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 1
    with psycopg.connect(plain_url(database), autocommit=True) as session:
        figures = new_figures(session)
        refresh(session, "creators", figures)
        assert new_figures(session)["followers_count_numeric"].sum() > figures["followers_count_numeric"].sum()
        assert session.execute("SELECT count(*) FROM embedding_jobs").fetchone() == (1,)
    with pytest.raises(ConflictError):
        load(database, settings, catalogue, say=lambda _what: None)


class Careless:
    """Forgets the filter, and the last row."""

    name, settings = "careless", ()

    def __init__(self, guide: Guide) -> None:
        self._guide = guide

    def search(self, vector: Vectors, filters: Filters, depth: int) -> Found:
        return Found(self._guide.search(vector, Filters(), depth).rows[:-1])


@pytest.fixture
def truth(catalogue: Catalogue) -> Truth:
    return Truth.of(catalogue)


@pytest.fixture
def buckets(catalogue: Catalogue, truth: Truth) -> list[Bucket]:
    queries = invented_queries(catalogue.profiles, QUERIES + TUNING_QUERIES)
    return list(make_buckets(truth, catalogue.profiles, catalogue.mixture, queries))


@pytest.fixture
def engines(loaded: Database, truth: Truth) -> Iterator[list[Engine]]:
    url = plain_url(loaded)
    built: list[Engine] = [Ours(loaded, truth.positions), Pgvector(url, truth.positions), Guide(url, truth.positions)]
    for engine in built:
        engine.build(Data(truth.attributes, truth.vectors))
    yield built
    for engine in built:
        engine.close()


def test_filters_keep_what_their_bucket_says(buckets: list[Bucket]) -> None:
    assert len(buckets) == 28
    for bucket in buckets:
        wanted = bucket.share * SIZE
        for task in bucket.tasks:
            assert task.matches == pytest.approx(wanted, rel=0.35, abs=3), (bucket.name, task.filters)
            predicates = len(task.filters.active())
            assert f"{predicates} predicate" in bucket.name or "niches" in bucket.name or "no filter" in bucket.name


def test_engines_are_measured_truly_also_after_a_deletion(
    engines: list[Engine], buckets: list[Bucket], truth: Truth, tmp_path: Path
) -> None:
    ours, pgvector, guide = engines
    measured = tune(pgvector, buckets[:1], Judge(truth))
    assert measured[buckets[0].name][pgvector.settings[-1].name][0] >= 0.95
    pgvector.use(pgvector.settings[-1])
    taking_part = [Contestant(engine.name, engine) for engine in engines]
    results = measure_all(buckets, taking_part, Judge(truth), lambda _what: None)
    for of_bucket in results.values():
        assert all(len(result.seconds) == QUERIES for result in of_bucket.values())
        assert all(result.total("violating") == 0 for result in of_bucket.values())
        assert of_bucket[guide.name].recall == 1.0
        assert of_bucket[guide.name].total("missing") == 0
        assert of_bucket[ours.name].total("missing") == 0
    careless = Contestant("careless", Careless(guide))  # type: ignore[arg-type, list-item]
    wrong = measure(buckets[11], [careless], Judge(truth))["careless"]
    assert wrong.total("violating") > 0
    assert measure(buckets[0], [careless], Judge(truth))["careless"].total("missing") == QUERIES
    write_report(tmp_path, "run", "3,000 creators", [Phase("After the build", buckets, results)], {"machine": "any"})
    assert (tmp_path / "run.svg").read_text().startswith("<?xml")
    assert (tmp_path / "run.md").read_text().count("| 0.01%") == 3

    deleted = [int(row) for row in np.random.default_rng(1).choice(SIZE, SIZE // 10, replace=False)]
    for engine in engines:
        engine.delete(deleted)
    truth.alive[deleted] = False
    left = measure(buckets[0], taking_part, Judge(truth))
    assert all(result.total("violating") == 0 and result.total("missing") == 0 for result in left.values())
    assert left[guide.name].recall == 1.0
