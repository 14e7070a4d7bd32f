"""`/healthz`: the process lives. `/readyz`: it can answer searches, or why not. `/metrics`: for Prometheus."""

from typing import Any

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from influencerflow.embeddings.registry import active_model, encoder_for
from influencerflow.errors import InfluencerFlowError

router = APIRouter(tags=["operations"])


@router.get("/healthz", summary="Whether the process lives")
def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz", summary="Whether searches can be answered", responses={503: {"description": "Not ready"}})
def readyz(request: Request, response: Response) -> dict[str, Any]:
    """Checks the database, its tables, the active model and that its encoder can be had; 503 with reasons otherwise."""
    checks: dict[str, str] = {}
    try:
        with request.app.state.database.transaction() as connection:
            checks["database"] = "ok"
            model = active_model(connection)
        checks["model"] = f"{model.name}, {model.dimensions} dimensions"
        encoder_for(model, request.app.state.settings)
        checks["encoder"] = "ok"
    except InfluencerFlowError as error:
        pending = next(name for name in ("database", "model", "encoder") if name not in checks)
        checks[pending] = str(error)
        response.status_code = 503
        return {"status": "not ready", "checks": checks}
    return {"status": "ready", "checks": checks}


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
def metrics(request: Request) -> Response:
    return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)
