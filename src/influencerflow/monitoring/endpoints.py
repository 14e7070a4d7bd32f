"""`/healthz`: the process lives. `/readyz`: it can answer searches, or why not. `/metrics`: for Prometheus."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from influencerflow.database.engine import Database
from influencerflow.database.migrate import require_current
from influencerflow.embeddings.notices import model_notices
from influencerflow.embeddings.registry import active_model, encoder_for
from influencerflow.errors import InfluencerFlowError
from influencerflow.http import TransactionDependency, problems
from influencerflow.monitoring.figures import embedding_figures, progress_notes
from influencerflow.monitoring.models import model_figures

router = APIRouter(tags=["operations"])

_READY: JsonDict = {
    "database": "ok",
    "schema": "ok",
    "model": "text-embedding-3-small, 1536 dimensions",
    "encoder": "ok",
}
_NOT_READY: JsonDict = {
    "status": "not ready",
    "checks": {**_READY, "encoder": "The openai encoder needs a key. Set OPENAI_API_KEY."},
}
_MODEL: JsonDict = {
    "id": 1,
    "provider": "openai",
    "name": "text-embedding-3-small",
    "dimensions": 1536,
    "text_version": 2,
    "state": "active",
    "creators": 8123,
    "embedded": 8123,
    "coverage": 1,
    "due": 0,
    "failed": 0,
    "size_bytes": 58720256,
    "indexed": True,
    "calibrated": False,
    "created_at": "2026-05-04T09:30:00Z",
    "activated_at": "2026-05-04T09:30:00Z",
    "deactivated_at": None,
    "retired_at": None,
    "tokens": 412000,
    "cost_usd": 0.00824,
}
_METRICS = """# HELP influencerflow_creators Creators in the catalogue
# TYPE influencerflow_creators gauge
influencerflow_creators 8123.0
"""


class Health(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`checks` are in the order they are made; the first that is not "ok" says why, those after it are left out.

    `notes`: what does not keep searches from being answered, but should be known: creators not embedded yet, a model or an
    index that is being built, settings that name another model, a model this process has no key for.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ready", "checks": _READY, "notes": []}]})

    status: Literal["ready", "not ready"]
    checks: dict[str, str]
    notes: list[str] = []


class Model(BaseModel):
    """An embedding model. `coverage`: the share of creators it has a vector of, 0-1. `due`: creators waiting for it."""

    model_config = ConfigDict(from_attributes=True, protected_namespaces=(), json_schema_extra={"examples": [_MODEL]})

    id: int
    provider: str
    name: str
    dimensions: int
    text_version: int
    state: Literal["building", "active", "standby", "retired"]
    creators: int
    embedded: int
    coverage: float
    due: int
    failed: int
    size_bytes: int
    indexed: bool
    calibrated: bool
    created_at: datetime
    activated_at: datetime | None
    deactivated_at: datetime | None
    retired_at: datetime | None
    tokens: int
    cost_usd: float


@router.get("/healthz", summary="Whether the process lives")
def healthz() -> Health:
    return Health()


@router.get(
    "/readyz",
    summary="Whether searches can be answered",
    responses={
        503: {
            "description": "Not ready, and why",
            "model": Readiness,
            "content": {"application/json": {"example": _NOT_READY}},
        }
    },
)
def readyz(request: Request, response: Response) -> Readiness:
    """Checks the database, its tables, the active model and that its encoder can be had; 503 with the reason otherwise.

    A provider's key is only seen to be there: whether it is right would cost a request a probe.
    """
    database: Database = request.app.state.database
    checks: dict[str, str] = {}
    try:
        database.ping()
        checks["database"] = "ok"
        require_current(database)
        checks["schema"] = "ok"
        with database.transaction() as connection:
            model = active_model(connection)
        checks["model"] = f"{model.name}, {model.dimensions} dimensions"
        encoder_for(model, request.app.state.settings)
        checks["encoder"] = "ok"
        with database.transaction() as connection:
            notes = model_notices(connection, request.app.state.settings)
            notes += progress_notes(embedding_figures(connection))
    except InfluencerFlowError as error:
        pending = next((name for name in ("database", "schema", "model", "encoder") if name not in checks), "database")
        checks[pending] = str(error)
        response.status_code = 503
        return Readiness(status="not ready", checks=checks)
    return Readiness(status="ready", checks=checks, notes=notes)


@router.get(
    "/api/models",
    summary="List the embedding models",
    responses={200: {"content": {"application/json": {"example": [_MODEL]}}}, **problems()},
)
def models(connection: TransactionDependency) -> list[Model]:
    """In the order they were added; one of them is `active` and answers all searches."""
    return [Model.model_validate(item) for item in model_figures(connection)]


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"description": "Metrics", "content": {"text/plain": {"example": _METRICS}}}},
)
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
