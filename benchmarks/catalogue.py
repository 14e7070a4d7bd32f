"""How long a page of the catalogue takes, on the first page and far down: p50 and p95 over the same list of requests.

python benchmarks/catalogue.py [--creators 1000000]
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import quantiles

from sqlalchemy import Connection, text

from influencerflow.creators.catalogue import browse, list_platforms
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.retrieval.filters import Filters

CREATORS = """
INSERT INTO creators (name, platform, channel_name, niche, about, followers_count_numeric, engagement_rate, collaboration_rate,
                      country, language, created_at)
SELECT initcap(md5(n::text || 'a')::text), (ARRAY['instagram', 'tiktok', 'youtube'])[n % 3 + 1], 'c' || md5(n::text),
       CASE WHEN n % 9 = 0 THEN 'niche ' || n % 500 END, 'About number ' || n,
       CASE WHEN n % 50 > 0 THEN (exp(7 + 9 * random()))::bigint END, CASE WHEN n % 8 = 0 THEN random() * 10 END,
       CASE WHEN n % 20 = 0 THEN random() * 5000 END, (ARRAY['DE', 'US', 'BR', 'IN'])[n % 4 + 1],
       (ARRAY['de', 'en', 'pt'])[n % 3 + 1], now() - n * interval '1 second'
FROM generate_series(1, :creators) n
"""
ROUNDS = 15


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=1_000_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        database = Database(server.url)
        try:
            migrate(database)
            fill(database, asked.creators)
            with database.transaction() as connection:
                measure(connection)
        finally:
            database.close()
            server.close()


def fill(database: Database, creators: int) -> None:
    """Without the triggers, which read texts and queue embeddings: nothing here looks at what they make."""
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE creators DISABLE TRIGGER USER"))
        connection.execute(text(CREATORS), {"creators": creators})
        connection.execute(text("ALTER TABLE creators ENABLE TRIGGER USER"))
    with database.autocommit() as connection:
        connection.execute(text("VACUUM ANALYZE creators"))


def measure(connection: Connection) -> None:
    chance = random.Random(6)
    middle = {
        sort: browse(connection, Filters(), sort=sort, limit=5_000).after
        for sort in ("followers", "engagement", "name", "newest")
    }
    cases: dict[str, Callable[[], object]] = {f"first page by {sort}": paged(connection, sort) for sort in middle}
    cases |= {f"5,000 further by {sort}": paged(connection, sort, after) for sort, after in middle.items()}
    cases |= {
        "platform and followers": lambda: browse(connection, Filters(platforms=["tiktok"], min_followers=50_000)),
        "a country, a niche": lambda: browse(
            connection, Filters(countries=["DE"], niches=[f"niche {chance.randrange(500)}"])
        ),
        "six letters of a name": lambda: browse(connection, Filters(), q=f"{chance.randrange(16**6):06x}"),
        "three letters": lambda: browse(connection, Filters(), q=f"{chance.randrange(16**3):03x}"),
        "two letters": lambda: browse(connection, Filters(), q=f"{chance.randrange(16**2):02x}"),
        "nobody": lambda: browse(connection, Filters(), q="zzz"),
        "platforms": lambda: list_platforms(connection),
    }
    for name, ask in cases.items():
        ask()
        taken = []
        for _ in range(ROUNDS):
            started = time.perf_counter()
            ask()
            taken.append(1000 * (time.perf_counter() - started))
        cuts = quantiles(taken, n=20)
        print(f"{name:28} p50 {cuts[9]:8.1f} ms   p95 {cuts[18]:8.1f} ms", flush=True)


def paged(connection: Connection, sort: object, after: str | None = None) -> Callable[[], object]:
    return lambda: browse(connection, Filters(), sort=sort, after=after)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
