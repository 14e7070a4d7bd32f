"""`/healthz`: the process lives. `/readyz`: it can answer searches, or why not. `/metrics`: for Prometheus."""

from typing import Literal

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

from influencerflow.database.engine import Database
from influencerflow.database.migrate import require_current
from influencerflow.embeddings.registry import active_model, encoder_for
from influencerflow.errors import InfluencerFlowError

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
_METRICS = """# HELP influencerflow_creators Creators in the catalogue
# TYPE influencerflow_creators gauge
influencerflow_creators 8123.0
"""


class Health(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class Readiness(BaseModel):
    """`checks` are in the order they are made; the first that is not "ok" says why, those after it are left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ready", "checks": _READY}]})

    status: Literal["ready", "not ready"]
    checks: dict[str, str]


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
    except InfluencerFlowError as error:
        pending = next(name for name in ("database", "schema", "model", "encoder") if name not in checks)
        checks[pending] = str(error)
        response.status_code = 503
        return Readiness(status="not ready", checks=checks)
    return Readiness(status="ready", checks=checks)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"description": "Metrics", "content": {"text/plain": {"example": _METRICS}}}},
)
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
