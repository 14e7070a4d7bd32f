"""Prometheus metrics. What happens in any process is read from the database at scrape time; latency is this process's."""

import time
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import ProgrammingError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from influencerflow.database.engine import Database
from influencerflow.embedding_queue.leases import list_workers
from influencerflow.errors import DatabaseUnavailableError
from influencerflow.monitoring.figures import COUNTED, EmbeddingFigures, embedding_figures
from influencerflow.retrieval.memory import held


class DatabaseCollector(Collector):
    """Embeddings, queue, tokens and money, over all processes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("influencerflow_database_up", "1 while the database answers")
        try:
            with self._database.transaction() as connection:
                figures, workers = embedding_figures(connection), list_workers(connection)
        except DatabaseUnavailableError:
            up.add_metric([], 0)
            yield up
            return
        except ProgrammingError:  # it answers, but does not have this version's tables; /readyz says so
            figures, workers = None, []
        up.add_metric([], 1)
        yield up
        memory = held(self._database.engine)
        yield GaugeMetricFamily(
            "influencerflow_search_memory_bytes",
            "What this process holds of the catalogue for searches",
            value=memory.bytes if memory else 0,
        )
        if figures is None:
            return
        for name, value, text in (
            ("creators", figures.creators, "Creators in the catalogue"),
            ("embedded_creators", figures.embedded, "Creators with a vector of the active model"),
            ("embedding_queue_depth", figures.queue.queued + figures.queue.running, "Jobs queued or running"),
            ("embedding_queue_failed", figures.queue.failed, "Jobs given up after repeated failures"),
            ("embedding_queue_oldest_seconds", figures.queue.oldest_due_seconds, "Age of the oldest job not done"),
        ):
            yield GaugeMetricFamily(f"influencerflow_{name}", text, value=value)
        yield from _model_metrics(figures)
        paused = [worker for worker in workers if worker.paused_reason]
        for name, count, text in (
            ("embedding_workers", len(workers), "Embedding workers alive"),
            (
                "embedding_workers_paused",
                len(paused),
                "Of them paused: outage, refused key, rate limit or spending cap",
            ),
        ):
            yield GaugeMetricFamily(f"influencerflow_{name}", text, value=count)
        for name, value, text in (
            ("embeddings", figures.texts, "Texts embedded"),
            ("embedding_failures", figures.failures, "Requests to an encoder that failed"),
            ("embedding_requests", figures.requests, "Requests to an encoder"),
            ("embedding_tokens", figures.tokens, "Tokens embedded"),
            ("embedding_cost_usd", float(figures.cost_usd), "Money spent on embeddings, USD"),
        ):
            yield CounterMetricFamily(f"influencerflow_{name}", text, value=value)


def _model_metrics(figures: EmbeddingFigures) -> Iterator[Metric]:
    if figures.freshness:
        taken = GaugeMetricFamily(
            "influencerflow_edit_to_searchable_seconds",
            "From an edit to the creator being searchable by meaning, over the newest edits",
            labels=["quantile"],
        )
        taken.add_metric(["0.5"], figures.freshness.p50_seconds)
        taken.add_metric(["0.95"], figures.freshness.p95_seconds)
        yield taken
    active = GaugeMetricFamily("influencerflow_active_model", "The model that answers searches", labels=["id", "model"])
    if figures.model_id is not None:
        active.add_metric([str(figures.model_id), figures.model or ""], 1)
    yield active
    due = GaugeMetricFamily(
        "influencerflow_model_due_creators",
        f"Creators due for a model that is kept beside the active one, counted up to {COUNTED:,}",
        labels=["id", "model", "state"],
    )
    for other in figures.others:
        due.add_metric([str(other.id), other.name, other.state], other.due)
    yield due


def create_registry(database: Database) -> tuple[CollectorRegistry, Histogram]:
    registry = CollectorRegistry()
    registry.register(DatabaseCollector(database))
    latency = Histogram(
        "influencerflow_request_seconds",
        "Time to answer, by route and status; searches are /api/ai/similaritysearch",
        ["method", "route", "status"],
        registry=registry,
        buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    )
    return registry, latency


class RequestTimes:
    """ASGI middleware: from a request's arrival to the beginning of its answer.

    Labels by route template, never by path: ids would make a series each. Not Starlette's `BaseHTTPMiddleware`: it passes each
    answer on through tasks of its own, and under load every step of the event loop waits for searches to let it run.
    """

    def __init__(self, app: ASGIApp, latency: Histogram) -> None:
        self._app, self._latency = app, latency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def send_timed(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "unmatched")
                labels = self._latency.labels(scope["method"], route, str(message["status"]))
                labels.observe(time.perf_counter() - started)
            await send(message)

        await self._app(scope, receive, send_timed)
