"""What queueing costs an import: statement triggers, as shipped, beside row triggers, as in the guide.

    python benchmarks/import_triggers.py --creators 100000

The same file through `influencerflow creators import`'s service into three databases: without triggers (the floor), with
the shipped statement triggers (documents indexed, jobs queued, one notification), and with a row trigger that does the
same a creator at a time and notifies with its id.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path

import psycopg

from influencerflow.creators.importing.service import ImportOptions, import_creators
from influencerflow.database.embedded import EmbeddedServer
from influencerflow.database.engine import Database
from influencerflow.database.migrate import migrate
from influencerflow.embeddings.registry import add_model

ROW_TRIGGER = """
DROP TRIGGER creators_enqueue_inserted ON creators;
CREATE FUNCTION enqueue_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM index_creator_texts(ARRAY[NEW.id]);
    PERFORM enqueue_embeddings(ARRAY[NEW.id]);
    PERFORM pg_notify('creator_embedding_needed', NEW.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER enqueue_row AFTER INSERT ON creators FOR EACH ROW EXECUTE FUNCTION enqueue_row();
"""
WAYS = {
    "without triggers": "ALTER TABLE creators DISABLE TRIGGER USER",
    "statement triggers": "SELECT 1",
    "row trigger": ROW_TRIGGER,
}


def write_creators(path: Path, number: int) -> None:
    with path.open("w") as file:
        for position in range(number):
            row = {
                "name": f"Creator {position}", "platform": "instagram", "channel_name": f"creator_{position}",
                "niche": "fitness", "about": f"Barbell training for busy people, part {position}",
            }  # fmt: skip
            file.write(json.dumps(row) + "\n")


def import_into(server: EmbeddedServer, name: str, preparation: str, path: Path) -> float:
    """Seconds."""
    database_name = name.replace(" ", "_")
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {database_name}")
    url = server.url.replace("/influencerflow?", f"/{database_name}?")
    database = Database(url)
    migrate(database)
    with database.transaction() as prepared:
        add_model(prepared, "openai", "some-model", 8, state="active")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(preparation)
    began = time.perf_counter()
    import_creators(database, path, ImportOptions())
    taken = time.perf_counter() - began
    database.close()
    return taken


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--creators", type=int, default=100_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "creators.jsonl"
        write_creators(path, asked.creators)
        server = EmbeddedServer(Path(folder))
        try:
            taken = {name: import_into(server, name, preparation, path) for name, preparation in WAYS.items()}
        finally:
            server.close()
    floor = taken["without triggers"]
    for name, seconds in taken.items():
        rate = asked.creators / seconds
        queueing = max(seconds - floor, 0)
        print(
            f"{name:>20}: {seconds:>7.1f} s, {rate:>8,.0f} creators/s, of it {queueing:,.1f} s for queueing and indexing"
        )


if __name__ == "__main__":
    main()
