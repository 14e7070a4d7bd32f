"""What keeping a history costs a refresh of statistics: rows a second with the trigger and without, in one run.

    python benchmarks/history.py [--creators 100000] [--rounds 3]

Each round updates followers, engagement and views of every creator four times: without the trigger, with it as in the first
refresh of a week (a row of history a creator), with it as in later ones (none), and prices (a row of changes a creator).
"""

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

from sqlalchemy import text

from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate

CREATORS = """
INSERT INTO creators (name, platform, channel_name, about, followers_count, followers_count_numeric, engagement_rate, avg_views,
                      collaboration_rate, country)
SELECT 'Creator ' || n, (ARRAY['instagram', 'tiktok', 'youtube'])[n % 3 + 1], 'creator_' || n,
       'Barbell training for busy people, number ' || n || repeat(' and cooking on Sundays', n % 8),
       n || 'K', 1000 + n * 7 % 500000, n % 90 / 10.0, n * 3 % 90000, n % 900, (ARRAY['DE', 'US', 'BR'])[n % 3 + 1]
FROM generate_series(1, :creators) n
"""
FIGURES = """
UPDATE creators SET followers_count_numeric = followers_count_numeric + 17, engagement_rate = engagement_rate + 0.01,
                    avg_views = avg_views + 3, updated_at = now()
"""
PRICES = "UPDATE creators SET collaboration_rate = collaboration_rate + 5, updated_at = now()"


def rows_a_second(database: Database, statement: str, *, recorded: bool = True, forget: bool = False) -> float:
    with database.autocommit() as connection:
        if forget:
            connection.execute(text("TRUNCATE creator_figures, creator_changes"))
        connection.execute(
            text(f"ALTER TABLE creators {'ENABLE' if recorded else 'DISABLE'} TRIGGER creators_record_changes")
        )
        connection.execute(text("VACUUM creators"))
        connection.execute(text("CHECKPOINT"))
        started = time.perf_counter()
        updated = connection.execute(text(statement)).rowcount
        return float(updated / (time.perf_counter() - started))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = EmbeddedServer(Path(folder))
        database = Database(server.url)
        try:
            migrate(database)
            with database.transaction() as connection:
                connection.execute(text(CREATORS), {"creators": asked.creators})
            compare(database, asked.rounds)
        finally:
            database.close()
            server.close()


def compare(database: Database, rounds: int) -> None:
    cases = {
        "figures, no history": lambda: rows_a_second(database, FIGURES, recorded=False),
        "figures, first of the week": lambda: rows_a_second(database, FIGURES, forget=True),
        "figures, later in the week": lambda: rows_a_second(database, FIGURES),
        "prices, no history": lambda: rows_a_second(database, PRICES, recorded=False),
        "prices": lambda: rows_a_second(database, PRICES),
    }
    measured = {name: [] for name in cases}
    for _ in range(rounds):
        for name, measure in cases.items():
            measured[name].append(measure())
    for name, speeds in measured.items():
        without = measured["prices, no history" if name.startswith("prices") else "figures, no history"]
        print(f"{name:28} {median(speeds):10,.0f} rows/s   {median(without) / median(speeds):5.2f} x the time")


if __name__ == "__main__":
    main()
