"""Prometheus metrics. What happens in any process is read from the database at scrape time; latency is this process's."""

import time
from collections.abc import Awaitable, Callable, Iterator

from fastapi import Request, Response
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import ProgrammingError

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


def timing_middleware(latency: Histogram) -> Callable[..., Awaitable[Response]]:
    """Labels by route template, never by path: ids would make a series each."""

    async def time_request(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        started = time.perf_counter()
        response = await call_next(request)
        route = getattr(request.scope.get("route"), "path", "unmatched")
        latency.labels(request.method, route, str(response.status_code)).observe(time.perf_counter() - started)
        return response

    return time_request
