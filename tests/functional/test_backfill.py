"""`embeddings backfill` and `retry` as their users meet them."""

import json

from benchmarks.provider import Provider
from sqlalchemy import text
from tests.factories import add_creator
from tests.functional.test_cli import run

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import add_model


def test_estimate_then_backfill_then_retry(database: Database) -> None:
    with Provider(8) as provider:
        with database.transaction() as connection:
            connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
            add_model(connection, "openai", "text-embedding-3-small", 8, state="active")
            for number in range(5):
                add_creator(connection, name=f"Name {number}")
            connection.execute(text("DELETE FROM embedding_jobs"))
        values = {
            "INFLUENCERFLOW_DATABASE_URL": database.url,
            "OPENAI_API_KEY": "sk-x",
            "OPENAI_BASE_URL": provider.url,
            "INFLUENCERFLOW_EMBED_PRICES": '{"text-embedding-3-small": 1000}',
        }
        said = run("embeddings", "backfill", "--estimate", **values)
        assert "text-embedding-3-small: 5 creators, at most" in said.stdout, said.stderr
        (estimate,) = json.loads(run("embeddings", "backfill", "--estimate", "--json", **values).stdout)
        assert (estimate["creators"], provider.calls) == (5, [])
        provider.poison["Name 3"] = "400"
        done = run("embeddings", "backfill", **values)
        assert done.stdout.startswith("4 embedded, 1 failed ($0."), done.stderr
        assert "5 queued" in done.stderr
        sent = sum(len(value) // 4 + 1 for value in provider.calls[0])
        assert sent <= estimate["tokens"]
        assert estimate["cost_usd"] == estimate["tokens"] / 1000
        provider.poison.clear()
        assert run("embeddings", "retry", "--reason", "nothing like it", **values).stdout == "0 queued again\n"
        assert run("embeddings", "retry", "--reason", "refused the input", **values).stdout == "1 queued again\n"
        assert run("worker", "--drain", **values).stdout.startswith("1 embedded, 0 failed")


def test_a_cap_that_is_reached_is_one_line_with_the_remedy(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
        add_model(connection, "openai", "text-embedding-3-small", 8, state="active")
        add_creator(connection)
    values = {
        "INFLUENCERFLOW_DATABASE_URL": database.url,
        "OPENAI_API_KEY": "sk-x",
        "INFLUENCERFLOW_EMBED_MONTHLY_CAP_USD": "0",
    }
    stopped = run("worker", "--drain", **values)
    assert stopped.returncode == 2
    assert "INFLUENCERFLOW_EMBED_MONTHLY_CAP_USD" in stopped.stderr.splitlines()[-1]
    with database.transaction() as connection:
        assert connection.execute(text("SELECT state, attempts FROM embedding_jobs")).all() == [("queued", 0)]
