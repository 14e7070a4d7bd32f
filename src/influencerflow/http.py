"""What every HTTP room shares: the transaction of a request, and errors as RFC 9457 problem details."""

from collections.abc import Iterator, Sequence
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException

from influencerflow.database.engine import UNREACHABLE_REMEDY
from influencerflow.embeddings.encoder import RejectedInputError
from influencerflow.errors import (
    ConflictError,
    DatabaseUnavailableError,
    FieldError,
    InfluencerFlowError,
    InvalidInputError,
    NotFoundError,
)

log = structlog.get_logger()


def transaction(request: Request) -> Iterator[Connection]:
    """One request is one transaction."""
    with request.app.state.database.transaction() as connection:
        yield connection


# scope="function": it commits before the response is sent, so that a commit that fails is not reported as done.
TransactionDependency = Annotated[Connection, Depends(transaction, scope="function")]


def snapshot(request: Request) -> Iterator[Connection]:
    """A request that only reads, all of it from one state of the catalogue."""
    with request.app.state.database.snapshot() as connection:
        yield connection


SnapshotDependency = Annotated[Connection, Depends(snapshot, scope="function")]

PROBLEM_EXAMPLES: dict[int, dict[str, Any]] = {
    404: NotFoundError("There is no creator 7f1241fe-cff6-5c90-a230-282719853a71.").problem(),
    409: ConflictError("instagram @anna is creator 7f1241fe-cff6-5c90-a230-282719853a71 already.").problem(),
    422: InvalidInputError.of_field("total_budget", "Input should be greater than 0").problem(),
    502: RejectedInputError("The embedding provider refused the input: too long.").problem(),
    503: DatabaseUnavailableError(
        "The database cannot be reached: connection refused.", remedy=UNREACHABLE_REMEDY
    ).problem(),
}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """What an operation's documentation says of its errors, in place of FastAPI's own form, which we do not answer in.

    503 is among them unasked: the database may always be down.
    """
    return {
        status: {
            "description": PROBLEM_EXAMPLES[status]["title"],
            "content": {
                "application/problem+json": {"schema": {"type": "object"}, "example": PROBLEM_EXAMPLES[status]}
            },
        }
        for status in (*statuses, 503)
    }


def problem_response(error: InfluencerFlowError) -> JSONResponse:
    return JSONResponse(error.problem(), status_code=error.status, media_type="application/problem+json")


def field_errors(errors: Sequence[Any]) -> list[FieldError]:
    """Pydantic's errors with dotted paths, without where in the request they were found."""
    found = []
    for item in errors:
        if item["type"] == "json_invalid":
            reason = item["ctx"]["error"].removesuffix(" starting at")
            found.append(FieldError("body", f"is not JSON: {reason} at character {item['loc'][-1]}"))
            continue
        if item["loc"] == ("body",) and item["type"] in {"missing", "model_attributes_type"}:
            found.append(FieldError("body", "must be a JSON object, sent with the content type application/json"))
            continue
        path = [str(part) for part in item["loc"] if part not in ("body", "query", "path")]
        message = item["msg"].removeprefix("Value error, ")
        found.append(FieldError(".".join(path) or "request", message))
    return found


def problem_handlers(app: FastAPI) -> None:
    @app.exception_handler(InfluencerFlowError)
    def on_own_error(_request: Request, error: InfluencerFlowError) -> JSONResponse:
        return problem_response(error)

    @app.exception_handler(RequestValidationError)
    def on_invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
        problems = field_errors(error.errors())
        detail = f"{problems[0].field}: {problems[0].message}."
        return problem_response(InvalidInputError(detail, remedy="Correct the fields in `errors`.", errors=problems))

    @app.exception_handler(DataError)
    def on_data_error(_request: Request, error: DataError) -> JSONResponse:
        reason = str(error.orig).splitlines()[0]
        return problem_response(InvalidInputError(f"The database cannot store a value: {reason}."))

    @app.exception_handler(HTTPException)
    def on_http_error(_request: Request, error: HTTPException) -> JSONResponse:
        # FastAPI's own message does not tell what is wrong with such a body.
        if isinstance(error.__cause__, UnicodeDecodeError):
            return problem_response(InvalidInputError.of_field("body", "is not UTF-8 text."))
        if isinstance(error.__cause__, RecursionError):
            return problem_response(InvalidInputError.of_field("body", "is nested too deeply."))
        body = {"type": "about:blank", "title": error.detail, "status": error.status_code}
        return JSONResponse(body, error.status_code, headers=error.headers, media_type="application/problem+json")

    @app.exception_handler(Exception)
    def on_unexpected_error(request: Request, error: Exception) -> JSONResponse:
        log.error("unexpected error", path=request.url.path, exc_info=error)
        body = {"type": "about:blank", "title": "Internal error", "status": 500, "detail": "See the server's log."}
        return JSONResponse(body, 500, media_type="application/problem+json")
