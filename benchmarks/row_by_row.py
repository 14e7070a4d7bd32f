"""Embedding one creator a call: the guide's worker and the common recipe, as embedding_throughput.py measures them."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import openai
import psycopg

MODEL, DIMENSIONS = "text-embedding-3-small", 1536
PLATFORM = f"""
CREATE EXTENSION vector;
CREATE TABLE creators (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(), name text NOT NULL, platform text NOT NULL, niche text, about text,
    embedding_vector vector({DIMENSIONS}), embedded_at timestamptz);
CREATE INDEX ON creators USING ivfflat (embedding_vector vector_cosine_ops);
"""
GUIDE_TRIGGER = """
CREATE FUNCTION notify_creator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN PERFORM pg_notify('creator_embedding_needed', NEW.id::text); RETURN NEW; END $$;
CREATE TRIGGER creator_embedding_trigger AFTER INSERT OR UPDATE ON creators FOR EACH ROW EXECUTE FUNCTION notify_creator();
"""
RECIPE_TRIGGER = """
CREATE TABLE jobs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, creator_id uuid, visible_at timestamptz DEFAULT now());
CREATE FUNCTION queue_creator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO jobs (creator_id) VALUES (NEW.id); RETURN NEW; END $$;
CREATE TRIGGER queue_inserted AFTER INSERT OR UPDATE OF name, niche, about ON creators
    FOR EACH ROW EXECUTE FUNCTION queue_creator();
"""


@dataclass
class Way:
    """One way of embedding at work: its database, and what was counted."""

    name: str
    url: str
    embedded: str
    calls: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)


class OneByOne:
    """What the guide's worker and the recipe share: one creator, one call, one UPDATE."""

    def __init__(self, way: Way, provider: str) -> None:
        self._way = way
        self._client = openai.OpenAI(api_key="unused", base_url=provider)
        self._lock = threading.Lock()

    def embed(self, connection: psycopg.Connection[Any], creator_id: object) -> None:
        rows = connection.execute("SELECT name, niche, about FROM creators WHERE id = %s", [creator_id]).fetchall()
        answer = self._client.embeddings.create(model=MODEL, input="\n".join(rows[0]), dimensions=DIMENSIONS)
        with self._lock:
            self._way.calls += 1
        connection.execute(
            "UPDATE creators SET embedding_vector = %s::vector, embedded_at = clock_timestamp() WHERE id = %s",
            [str(answer.data[0].embedding), creator_id],
        )


def guides_worker(way: Way, provider: str) -> None:
    """Takes what it was notified of, the newest first, as the guide's `notifies.pop()` does."""
    embedder = OneByOne(way, provider)
    with psycopg.connect(way.url, autocommit=True) as connection:
        connection.execute("LISTEN creator_embedding_needed")
        while not way.stopping.is_set():
            noticed = [notice.payload for notice in connection.notifies(timeout=0.1)]
            while noticed and not way.stopping.is_set():
                embedder.embed(connection, noticed.pop())


def recipes_worker(way: Way, provider: str) -> None:
    embedder = OneByOne(way, provider)
    connections: SimpleQueue[psycopg.Connection[Any]] = SimpleQueue()
    for _ in range(10):
        connections.put(psycopg.connect(way.url, autocommit=True))

    def embed_ten(creators: list[object]) -> None:
        connection = connections.get()
        for creator_id in creators:
            embedder.embed(connection, creator_id)
            connection.execute("DELETE FROM jobs WHERE creator_id = %s", [creator_id])
        connections.put(connection)

    with psycopg.connect(way.url, autocommit=True) as connection, ThreadPoolExecutor(10) as pool:
        while not way.stopping.wait(10):
            rows = connection.execute(
                "UPDATE jobs SET visible_at = now() + interval '5 minutes' WHERE id IN (SELECT id FROM jobs"
                " WHERE visible_at <= now() ORDER BY id LIMIT 100 FOR UPDATE SKIP LOCKED) RETURNING creator_id"
            ).fetchall()
            creators = [row[0] for row in rows]
            for start in range(0, len(creators), 10):
                pool.submit(embed_ten, creators[start : start + 10])
    while not connections.empty():
        connections.get().close()
