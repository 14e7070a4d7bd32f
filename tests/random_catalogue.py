"""Random creators as catalogues have them: nothing known, odd spellings, audiences in every form, tables that were adopted."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

import numpy as np
from pgvector import HalfVector
from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam
from tests.plain_filters import passes

from influencerflow.creators.peers import read_peer_statistics
from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import active_model
from influencerflow.matching.prices import price_bands
from influencerflow.retrieval.conditions import PriceBand
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.benchmarks import Benchmarks, load_benchmarks
from influencerflow.scoring.demographics import Demographics, read_audience
from influencerflow.scoring.peers import PeerStatistics

CREATORS = 300
NOTHING = (None, float("nan"), -1)
FOLLOWERS = (0, 1, 999, 1_000, 10_000, 12_345, 100_000, 2_500_000)
VIEWS = (0, 1, 500, 12_000, 999_999)
ENGAGEMENTS = (0.0, 0.5, 1.25, 3.0, 3.01, 12.5, 100.0)
RATES = (0.0, 50.0, 199.99, 200.0, 1_500.0, 1e6)
PLATFORMS = ("instagram", "Instagram", " TikTok", "youtube", "YOUTUBE ", "twitch", "")
COUNTRIES = (None, "DE", "de", " us", "US", "GB", "fr ", "")
LANGUAGES = (None, "de", "EN", "en-US", "pt_BR", "pt", " fr")
NICHES = (None, "fitness", "Fitness", " Home  Cooking ", "home cooking", "ÉPICERIE", "épicerie", "")
BRANDS = ("Nike", "nike ", "ADIDAS", "Café  Noir", "café noir", "", None)
ABOUTS = (
    None, "", "Mail me: ana.b+work@example.co.uk!", "x@y", "a@b.c", "@ana on insta.gram", "ben@mail.example.com",
    "écris@exämple.fr",
)  # fmt: skip
DAYS = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2))
ACCOUNTS = (None, "person", "shop")
LABELS = {
    "gender": ("female", "Women", "M", "male", "non-binary", "robots", " F "),
    "age": ("13-17", "18-24", "25 to 34", "35–44", "45+", "55+", "24-18", "age 18-24", "adults"),
    "country": ("DE", "de", "Germany", "Deutschland", "United States", "usa", "The U.S.A.", "Côte d’Ivoire", "cote d'ivoire",
                "FRA", "Other", "Europe", "UK", "ドイツ"),
    "interest": ("Beauty", "beauty ", "Home  Cooking", "fitness", ""),
}  # fmt: skip
VALUES = (0, 0.1, 0.25, 0.3, 0.45, 0.5, 0.6, 1, 1.0, 10, 30, 45, 55, 60, 100, "40%", " 30 ", "0.4", "12,5", ".5", "45 %",
          "4e1", "nan", "", None, True, -1, 1e400, 1e-320, 10**310, "٤٥", "45\u00a0%", [1], {"a": 1})  # fmt: skip


def random_audience(rng: random.Random) -> Any:
    if rng.random() < 0.1:
        return rng.choice([None, [], "text", 7, {}, {"gender": [1, 2]}, {"age": None}])
    audience: dict[str, Any] = {}
    for dimension, labels in LABELS.items():
        if rng.random() < 0.6:
            chosen = rng.sample(labels, rng.randint(1, 4))
            audience[dimension] = {label: rng.choice(VALUES) for label in chosen}
            if rng.random() < 0.7:  # one that can be read
                parts = np.array([rng.random() + 0.01 for _ in chosen])
                shares = parts / parts.sum() * rng.choice([1, 1, 0.97, 0.9, 0.85, 1.05, 100, 95])
                audience[dimension] = {label: round(float(x), 3) for label, x in zip(chosen, shares, strict=True)}
                if rng.random() < 0.2:
                    audience[dimension] = {label: f"{value}%" for label, value in audience[dimension].items()}
    if rng.random() < 0.5:
        audience["credibility"] = rng.choice([0.75, 75, "75%", 0, 1, 100, 101, -1, "high", None, 0.7499])
    if rng.random() < 0.2:
        audience["sample_size"] = rng.choice([0, 0.5, 1, 5000, "0", "700", None])
    return {name: _stored(value) for name, value in audience.items()}


def _stored(value: Any) -> Any:
    """JSON has no infinity; the digits of 1e400 are written out by the statement that needs them."""
    if isinstance(value, dict):
        return {key: _stored(item) for key, item in value.items()}
    return 10**400 if value == float("inf") else value


def random_row(rng: random.Random, *, adopted: bool) -> dict[str, Any]:
    def figure(values: tuple[Any, ...], *, whole: bool = False) -> Any:
        unknown = [value for value in NOTHING if not (whole and isinstance(value, float))]
        return rng.choice(unknown) if rng.random() < 0.2 else rng.choice(values)

    moment = datetime.combine(rng.choice(DAYS), rng.choice([time(), time(23, 59, 59), time(12)]), UTC)
    return {
        "platform": rng.choice(PLATFORMS),
        "niche": rng.choice(NICHES),
        "about": rng.choice(ABOUTS),
        "followers_count_numeric": figure(FOLLOWERS, whole=True),
        "avg_views": figure(VIEWS, whole=not adopted),
        "engagement_rate": figure(ENGAGEMENTS),
        "collaboration_rate": figure(RATES),
        "country": rng.choice(COUNTRIES),
        "language": rng.choice(LANGUAGES),
        "audience": random_audience(rng) if rng.random() < 0.7 else None,
        "past_brands": rng.sample(BRANDS, rng.randint(0, 3)) if rng.random() < 0.6 else None,
        "updated_at": None if rng.random() < 0.1 else moment,
    }


COLUMNS = tuple(random_row(random.Random(0), adopted=False))
INSERT = text(f"""
    INSERT INTO creators (name, channel_name, {", ".join(COLUMNS)})
    VALUES ('C', :channel, {", ".join(f":{name}" for name in COLUMNS)})
""").bindparams(bindparam("audience", type_=JSONB(none_as_null=True)))
ADOPTED = """
CREATE TABLE creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name varchar(200) NOT NULL, platform varchar(50), niche varchar(80),
    about text, channel_name text, followers_count_numeric integer, engagement_rate numeric, collaboration_rate numeric,
    avg_views double precision, country varchar(20), language varchar(20), audience jsonb, past_brands varchar(50)[],
    updated_at timestamptz)
"""


@dataclass(slots=True)
class Catalogue:
    database: Database
    rows: dict[UUID, Any]
    audiences: dict[UUID, Demographics]
    prices: tuple[Benchmarks, PeerStatistics]
    bands: list[PriceBand]
    nearest: list[UUID] = field(default_factory=list)

    def expected(self, filters: Filters) -> set[UUID]:
        return {key for key, row in self.rows.items() if passes(row, self.audiences[key], filters, *self.prices)}


def insert(connection: Connection, rng: random.Random, count: int, *, adopted: bool) -> None:
    rows = [{"channel": f"c{rng.random()}", **random_row(rng, adopted=adopted)} for _ in range(count)]
    connection.execute(INSERT, rows)


def churn(database: Database, rng: random.Random, *, adopted: bool) -> None:
    """Rows come, change one by one and all at once, go, and come back."""
    with database.transaction() as connection:
        insert(connection, rng, CREATORS, adopted=adopted)
        ids = list(connection.scalars(text("SELECT id FROM creators ORDER BY channel_name")))
        for creator_id in ids[:50]:
            row = random_row(rng, adopted=adopted)
            for column in rng.sample(COLUMNS, rng.randint(1, 4)):
                statement = text(f"UPDATE creators SET {column} = :value WHERE id = :id")
                if column == "audience":
                    statement = statement.bindparams(bindparam("value", type_=JSONB(none_as_null=True)))
                connection.execute(statement, {"value": row[column], "id": creator_id})
        for statement in (
            "UPDATE creators SET followers_count_numeric = followers_count_numeric + 1 WHERE country ILIKE 'de'",
            "UPDATE creators SET audience = NULL, past_brands = NULL WHERE language = 'pt'",
            "UPDATE creators SET niche = upper(niche), engagement_rate = 'NaN' WHERE platform = 'twitch'",
            "INSERT INTO creators (name, platform, channel_name, audience, past_brands)"
            " SELECT name, 'twitch', channel_name || ' too', audience, past_brands FROM creators WHERE platform = 'youtube'",
            "DELETE FROM creators WHERE country = 'fr '",
            "UPDATE creators SET platform = platform WHERE false",
        ):
            connection.execute(text(statement))
        connection.execute(
            text(
                "UPDATE creator_signals SET account = (CAST(:accounts AS text[]))[1 + abs(hashtext(creator_id::text)) % 3]"
            ),
            {"accounts": list(ACCOUNTS)},
        )


def embed(database: Database) -> None:
    """Random vectors for more than half."""
    rng = np.random.default_rng(3)
    with database.transaction() as connection:
        model = active_model(connection)
        ids = connection.scalars(text("SELECT id FROM creators ORDER BY id")).all()
        vectors = [HalfVector(rng.normal(size=model.dimensions)).to_text() for _ in ids]
        connection.execute(
            text("""
                INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)
                SELECT :model, id, CAST(vector AS halfvec), '' FROM unnest(CAST(:ids AS uuid[]), CAST(:vectors AS text[]))
                    AS v (id, vector)
            """),
            {"model": model.id, "ids": ids[::10] + ids[1::2], "vectors": vectors[::10] + vectors[1::2]},
        )
        connection.execute(text("ANALYZE"))


QUERY = np.ones(384, dtype=np.float32)


def read_catalogue(database: Database) -> Catalogue:
    with database.transaction() as connection:
        rows = connection.execute(
            text("""
                SELECT c.*, s.account FROM creators c JOIN creator_signals s ON s.creator_id = c.id
            """)
        ).mappings()
        by_id = {row["id"]: row for row in rows}
        benchmarks = load_benchmarks()
        peers = read_peer_statistics(connection, benchmarks)
        nearest = connection.scalars(
            text("""
                SELECT creator_id FROM (SELECT creator_id, embedding_vector <=> CAST(:query AS halfvec) AS distance
                                        FROM creator_embeddings) d ORDER BY distance, creator_id
            """),
            {"query": HalfVector(QUERY).to_text()},
        ).all()
        return Catalogue(
            database,
            by_id,
            {key: read_audience(row["audience"]) for key, row in by_id.items()},
            (benchmarks, peers),
            price_bands(benchmarks, peers),
            list(nearest),
        )
