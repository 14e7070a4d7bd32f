"""A pooler that hands the listening session to somebody else: notifications never come, and the work goes on."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import closing, suppress

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url
from tests.factories import add_creator
from tests.queue.test_provider_failures import eventually, scalar

from influencerflow.database.engine import Database
from influencerflow.settings import Settings
from influencerflow.worker import worker as worker_module
from influencerflow.worker.worker import Worker

NOTIFICATION = b"A"


class SilentPooler:
    """A TCP proxy to the server that leaves out its NotificationResponse messages, as PgBouncer's transactions do."""

    def __init__(self, socket_path: str) -> None:
        self._socket_path = socket_path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.swallowed = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._socket_path)
                threading.Thread(target=self._forward, args=[client, server], daemon=True).start()
                threading.Thread(target=self._answer, args=[server, client], daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError), closing(server):
            while data := client.recv(65536):
                server.sendall(data)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError), closing(client), server.makefile("rb") as stream:
            while kind := stream.read(1):
                header = stream.read(4)
                body = stream.read(struct.unpack("!I", header)[0] - 4)
                if kind == NOTIFICATION:
                    self.swallowed += 1
                else:
                    client.sendall(kind + header + body)


@pytest.fixture
def pooler(database: Database) -> Iterator[SilentPooler]:
    with database.transaction() as connection:
        folder = str(connection.scalar(text("SHOW unix_socket_directories"))).split(",")[0].strip()
        port = connection.scalar(text("SHOW port"))
    started = SilentPooler(f"{folder}/.s.PGSQL.{port}")
    yield started
    started.close()


def test_a_pooler_that_drops_notifications_costs_one_poll(
    database: Database, settings: Settings, pooler: SilentPooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "POLL_SECONDS", 0.2)
    address = make_url(database.url).set(
        host="127.0.0.1", port=pooler.port, query={"sslmode": "disable", "gssencmode": "disable"}
    )
    pooled = Database(address.render_as_string(hide_password=False))
    worker = Worker(pooled, settings)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        listening = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()"
        assert eventually(lambda: scalar(database, listening) == 1)
        for _ in range(2):
            with database.transaction() as connection:
                creator = add_creator(connection)
            embedded = f"SELECT count(*) FROM creator_embeddings WHERE creator_id = '{creator}'"
            assert eventually(lambda embedded=embedded: scalar(database, embedded) == 1)
    finally:
        worker.stopping.set()
        thread.join(30)
        pooled.close()
    assert pooler.swallowed >= 1
