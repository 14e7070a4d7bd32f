"""Servers other than OpenAI's: models at addresses of their own, and one that is slow."""

from benchmarks.provider import Provider
from pydantic import SecretStr
from sqlalchemy import text
from tests.factories import add_creator
from tests.queue.test_provider_failures import keyed, provider, remote

from influencerflow.database.engine import Database
from influencerflow.embeddings.registry import add_model, enqueue_missing
from influencerflow.settings import Server, Settings
from influencerflow.worker.worker import Worker

__all__ = ["keyed", "provider", "remote"]  # fixtures


def test_a_model_with_a_server_of_its_own_is_embedded_there_with_its_own_key(
    database: Database, settings: Settings
) -> None:
    with Provider(8) as common, Provider(12) as own, Provider(6) as keyless:
        with database.transaction() as connection:
            connection.execute(text("UPDATE embedding_models SET state = 'retired'"))
            add_creator(connection)
            add_model(connection, "openai", "common", 8, state="active")
            for name, dimensions in (("own", 12), ("keyless", 6)):
                enqueue_missing(connection, add_model(connection, "openai", name, dimensions))
        served = settings.model_copy(
            update={
                "openai_base_url": common.url,
                "openai_api_key": SecretStr("sk-common"),
                "openai_servers": {
                    "own": Server(base_url=own.url, api_key=SecretStr("sk-own")),
                    "keyless": Server(base_url=keyless.url),
                },
            }
        )
        worker = Worker(database, served)
        while worker.work_once():  # one model after the other: at the same moment, one would find the creator locked
            pass
        assert worker.tally.embedded == 3
        assert [provider.keys for provider in (common, own, keyless)] == [{"sk-common"}, {"sk-own"}, {"unused"}]
        assert [len(provider.calls) for provider in (common, own, keyless)] == [1, 1, 1]


def test_a_server_too_slow_for_large_batches_gets_smaller_ones(
    remote: Database, keyed: Settings, provider: Provider
) -> None:
    provider.script("hang")
    worker = Worker(remote, keyed)
    assert worker.drain().embedded == 7
    with remote.transaction() as connection:
        for number in range(6):
            add_creator(connection, name=f"Later {number}")
    while worker.work_once():
        pass
    assert [len(call) for call in provider.calls] == [7, 3, 4, 3, 3]
