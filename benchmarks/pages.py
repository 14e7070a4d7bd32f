"""How long the server takes for each page, and how much a page weighs: `python benchmarks/pages.py --creators 100000`.

Fills a database of its own with invented creators (the sample, over and over, with other names, figures and vectors shaken a
little), asks for every page as a browser would, and prints p50 and p95 in milliseconds and kilobytes, plain and gzipped.
Vectors are not the encoder's: times are, ranks mean nothing.
"""

import argparse
import gzip
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from sqlalchemy import Connection, text

from influencerflow.app import create_app
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.index_build import build_index
from influencerflow.embeddings.registry import EmbeddingModel, ensure_active_model
from influencerflow.logging import configure_logging
from influencerflow.sample.load import load_sample
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

# Names, handles and figures differ; a tenth of the figures is unknown.
_COPY = """
INSERT INTO creators (name, platform, channel_name, niche, about, followers_count_numeric, engagement_rate, avg_views,
                      collaboration_rate, country, language, audience)
SELECT c.name || ' ' || n, c.platform, c.channel_name || '_' || n, c.niche, c.about,
       CASE WHEN random() > 0.1 THEN (10 ^ (3 + 4 * random()))::bigint END, CASE WHEN random() > 0.1 THEN 12 * random() ^ 2 END,
       CASE WHEN random() > 0.3 THEN (10 ^ (2 + 4 * random()))::bigint END,
       CASE WHEN random() > 0.5 THEN round((10 ^ (1 + 3 * random()))::numeric) END, c.country, c.language, c.audience
FROM creators c CROSS JOIN generate_series(1, :copies) n WHERE c.source IS DISTINCT FROM 'copy'
"""
_VECTORS = """
INSERT INTO creator_embeddings (model_id, creator_id, embedding_vector, content_hash)
SELECT :model_id, c.id, l2_normalize(s.embedding_vector + shaken(c.at)), s.content_hash
FROM (SELECT id, row_number() OVER (ORDER BY id) AS at FROM creators
      WHERE id NOT IN (SELECT creator_id FROM creator_embeddings)) c
JOIN (SELECT embedding_vector, content_hash, row_number() OVER (ORDER BY creator_id) AS at FROM creator_embeddings) s
    ON s.at = 1 + c.at % :originals
"""
_SHAKEN = """
CREATE FUNCTION shaken(number bigint) RETURNS halfvec LANGUAGE sql VOLATILE AS $$
    SELECT array_agg(0.02 * (random() - 0.5))::halfvec FROM generate_series(1, {dimensions})
$$
"""


def fill(connection: Connection, model: EmbeddingModel, creators: int) -> None:
    originals = connection.scalar(text("SELECT count(*) FROM creators")) or 0
    connection.execute(text(_COPY), {"copies": max(creators // originals - 1, 0)})
    connection.execute(text(_SHAKEN.format(dimensions=model.dimensions)))
    connection.execute(text(_VECTORS), {"model_id": model.id, "originals": originals})
    connection.execute(text("DELETE FROM embedding_jobs"))


def pages(campaign: str, shortlisted: Sequence[str]) -> dict[str, tuple[str, str]]:
    """By what it shows, method and address. `{n}` is another number each time, so that no stored list answers."""
    match = f"/campaigns/{campaign}/match"
    chosen = "&".join(f"creator_id={creator_id}" for creator_id in shortlisted[:5])
    return {
        "campaigns": ("GET", "/"),
        "overview": ("GET", f"/campaigns/{campaign}"),
        "match, found anew": ("GET", f"{match}?max_followers=9{{n}}00000"),
        "match, stored": ("GET", match),
        "match, narrow filter": ("GET", f"{match}?countries=AT&min_followers=5{{n}}"),
        "match as a table": ("GET", f"{match}?view=table"),
        "match, sorted": ("GET", f"{match}?sort=price"),
        "match, page 20": ("GET", f"{match}?page=20"),
        "match, page 200": ("GET", f"{match}?page=200"),
        "the best 500 ranked": ("POST", f"{match}?min_followers=1{{n}}"),
        "nobody passes": ("GET", f"{match}?countries=AT&niches=none&min_followers=5{{n}}"),
        "new campaign": ("GET", "/campaigns/new"),
        "shortlist of ten": ("GET", f"/campaigns/{campaign}/shortlist"),
        "compare five": ("GET", f"/campaigns/{campaign}/compare?{chosen}"),
        "printable sheet": ("GET", f"/campaigns/{campaign}/creators/{shortlisted[0]}/sheet"),
        "excluded creators": ("GET", "/exclusions"),
        "feedback": ("GET", "/feedback"),
        "catalogue": ("GET", "/creators"),
        "catalogue, a name": ("GET", "/creators?q=tilda"),
        "creator": ("GET", f"/creators/{shortlisted[0]}"),
        "similar creators": ("GET", f"/creators/similar?like={shortlisted[0]}"),
        "API reference": ("GET", "/docs"),
    }


def shortlist(client: TestClient, campaign: str, many: int) -> list[str]:
    """Puts the first matches on the campaign's shortlist; their ids."""
    found = client.post(f"/api/campaigns/{campaign}/matches").json()["matches"][:many]
    for match in found:
        given = {"campaign_id": campaign, "creator_id": match["id"], "verdict": "shortlisted"}
        client.post("/api/ai/feedback", json=given).raise_for_status()
    return [match["id"] for match in found]


def measure(ask: Callable[[int], Any], repeats: int) -> tuple[float, float, bytes]:
    """p50 and p95 in milliseconds, and the last page."""
    ask(0)
    spent = []
    for number in range(1, repeats + 1):
        began = time.perf_counter()
        body = ask(number).content
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent), statistics.quantiles(spent, n=20)[-1], body


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--creators", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--home", type=Path, help="Keeps the database here, for another run.")
    options = parser.parse_args()
    home = options.home or Path(tempfile.mkdtemp())
    settings = Settings(home=home, encoder="local")
    configure_logging(settings)
    server = EmbeddedServer(home)
    database = Database(server.url)
    migrate(database)
    with database.transaction() as connection:
        model = ensure_active_model(connection, settings)
        empty = not connection.scalar(text("SELECT EXISTS (SELECT FROM creators)"))
    if empty:
        load_sample(database)
        Worker(database, settings).drain()
        with database.transaction() as connection:
            fill(connection, model, options.creators)
        build_index(database, model)
        with database.autocommit() as connection:
            connection.execute(text("VACUUM ANALYZE"))
    with database.transaction() as connection:
        creators = connection.scalar(text("SELECT count(*) FROM creator_embeddings"))
        campaign = connection.scalar(text("SELECT id FROM campaigns ORDER BY id LIMIT 1"))
    print(f"{creators:,} creators; {options.repeats} requests a page; milliseconds at the server, kilobytes")
    print(f"{'page':24}{'p50':>8}{'p95':>8}{'plain':>8}{'gzip':>8}")
    with TestClient(create_app(database, settings)) as client:
        shortlisted = shortlist(client, str(campaign), 10)
        for name, (method, address) in pages(str(campaign), shortlisted).items():

            def ask(number: int, method: str = method, address: str = address) -> Any:
                return client.request(method, address.format(n=10 + number), follow_redirects=False)

            p50, p95, body = measure(ask, options.repeats)
            print(
                f"{name:24}{p50:8.0f}{p95:8.0f}{len(body) / 1000:8.0f}{len(gzip.compress(body, 5)) / 1000:8.1f}",
                flush=True,
            )
    database.close()
    server.close()


if __name__ == "__main__":
    main()
