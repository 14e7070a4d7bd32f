"""The product's web process with a stopwatch around it, for `http.py`: every answer says where its time went.

The header `Server-Timing` carries milliseconds: `total` from the request's arrival to its answer, `database` while
PostgreSQL was waited for, `encoder` while a text was encoded. The product itself is not changed.
"""

import argparse
import cProfile
import io
import os
import pstats
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI
from sqlalchemy import event
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from influencerflow.app import create_app
from influencerflow.database.engine import Database
from influencerflow.database.open import open_database
from influencerflow.embeddings.local import LocalEncoder
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.logging import configure_logging
from influencerflow.matching import endpoints
from influencerflow.retrieval.memory_keeper import keep_in_memory, refresh
from influencerflow.settings import load_settings

_spent: ContextVar[dict[str, float]] = ContextVar("_spent")


def time_database(database: Database) -> None:
    """psycopg fetches a statement's rows while it executes it: what follows is Python alone."""

    def before(connection: Any, *_rest: Any) -> None:
        connection.info["started"] = time.perf_counter()

    def after(connection: Any, *_rest: Any) -> None:
        _add("database", time.perf_counter() - connection.info["started"])

    event.listen(database.engine, "before_cursor_execute", before)
    event.listen(database.engine, "after_cursor_execute", after)


def timed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            _add(name, time.perf_counter() - started)

    return call


def _add(name: str, seconds: float) -> None:
    spent = _spent.get({})
    spent[name] = spent.get(name, 0.0) + seconds


class ServerTiming:
    """ASGI middleware; threads that answer a request share its dictionary through the copied context."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        spent: dict[str, float] = {}
        _spent.set(spent)
        started = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                parts = {"total": time.perf_counter() - started, **spent}
                value = ", ".join(f"{name};dur={1000 * seconds:.2f}" for name, seconds in parts.items())
                message["headers"] = [*message["headers"], (b"server-timing", value.encode())]
            await send(message)

        await self._app(scope, receive, send_timed)


class Profiled:
    """`find_matches` under cProfile, one request at a time; `report` says what cost most since the last report."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._profile = cProfile.Profile()
        self._lock = threading.Lock()
        self.active = False

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if not self.active:
            return self._function(*arguments, **named)
        with self._lock:
            return self._profile.runcall(self._function, *arguments, **named)

    def report(self) -> str:
        """The 25 functions with the most time of their own, and the 25 with the most altogether."""
        out = io.StringIO()
        statistics = pstats.Stats(self._profile, stream=out)
        for order in ("tottime", "cumtime"):
            statistics.sort_stats(order).print_stats(25)
        self._profile = cProfile.Profile()
        return out.getvalue()


def timed_app(database: Database, app: FastAPI) -> ASGIApp:
    time_database(database)
    LocalEncoder.encode_query = timed("encoder", LocalEncoder.encode_query)  # type: ignore[method-assign]
    profiled = Profiled(endpoints.find_matches)
    endpoints.find_matches = profiled

    @app.post("/benchmark/profile", include_in_schema=False)
    def profile(*, active: bool) -> dict[str, str]:
        report = profiled.report() if profiled.active else ""
        profiled.active = active
        return {"report": report}

    return ServerTiming(app)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pid-file", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.pid_file.write_text(str(os.getpid()))
    settings = load_settings()
    configure_logging(settings)
    with open_database(settings, pool_size=20) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        app = timed_app(database, create_app(database, settings))
        refresh(database, settings.search_memory_mb)
        with keep_in_memory(database, settings.search_memory_mb):
            uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning", lifespan="off")


if __name__ == "__main__":
    main()
