"""`/creators/import`: a file is uploaded, looked at, mapped, tried, and imported, each step at an address of its own."""

import time
from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import Connection
from starlette.datastructures import UploadFile
from starlette.types import Message

from influencerflow.creators.importing import uploads
from influencerflow.creators.importing.columns import FIELDS
from influencerflow.creators.importing.uploads import Upload
from influencerflow.creators.platforms import PLATFORMS
from influencerflow.errors import InfluencerFlowError, InvalidInputError
from influencerflow.web.catalogue_pages import has_sample
from influencerflow.web.frame import done, page_router, render
from influencerflow.web.import_form import ImportForm, read_form, show_form
from influencerflow.web.messages import t

router = page_router()

# So long an answer waits for a small file, that it need not be asked for twice.
_PATIENCE_SECONDS = 4.0
_LOOK_SECONDS = 0.1
# What a form needs around the file.
_OVERHEAD_BYTES = 100_000


class TooLargeError(InfluencerFlowError):
    status = 413
    title = "File too large"


async def _sent_file(request: Request) -> UploadFile | None:
    """Reads the upload into a temporary file, and stops as soon as it is larger than allowed."""
    most = request.app.state.settings.max_upload_mb * 1_000_000 + _OVERHEAD_BYTES
    received = 0

    async def receive() -> Message:
        nonlocal received
        message = await request.receive()
        received += len(message.get("body", b""))
        if received > most:
            raise TooLargeError(t("import.too_large", most=request.app.state.settings.max_upload_mb))
        return message

    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > most:
        raise TooLargeError(t("import.too_large", most=request.app.state.settings.max_upload_mb))
    form = await Request(request.scope, receive).form(max_files=1, max_fields=5)
    sent = form.get("file")
    return sent if isinstance(sent, UploadFile) else None


async def _sent_fields(request: Request) -> Mapping[str, str]:
    form = await request.form(max_fields=2_000)
    return {name: value for name, value in form.items() if isinstance(value, str)}


Sent = Annotated[Mapping[str, str], Depends(_sent_fields)]


@router.get("/creators/import")
def upload_page(request: Request) -> Response:
    return _upload_page(request)


@router.post("/creators/import")
def upload_file(request: Request, file: Annotated[UploadFile | None, Depends(_sent_file)]) -> Response:
    if file is None or not file.filename:
        return _upload_page(request, problem=t("import.no_file"))
    try:
        with request.app.state.database.transaction() as connection:
            upload_id = uploads.store_upload(connection, file.filename, file.file)
    except InvalidInputError as error:
        return _upload_page(request, problem=str(error))
    return _when_ready(request, upload_id)


@router.get("/creators/import/{upload_id}")
def import_page(request: Request, upload_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        upload = uploads.read_upload(connection, upload_id)
        due = uploads.is_due(connection)
        sample = upload.imported and has_sample(connection)
    if due:
        request.app.state.imports.wake()
    return _import_page(request, upload, show_form(upload), sample=sample)


@router.post("/creators/import/{upload_id}/check")
def check_again(request: Request, upload_id: UUID, sent: Sent) -> Response:
    with request.app.state.database.transaction() as connection:
        upload = uploads.read_upload(connection, upload_id)
        form = read_form(upload, sent)
        if form.errors:
            return _import_page(request, upload, form, status=422)
        uploads.queue_check(connection, upload_id, form.options)
    return _when_ready(request, upload_id)


@router.post("/creators/import/{upload_id}/start")
def start_import(request: Request, upload_id: UUID, sent: Sent) -> Response:
    """What was changed since the check is checked first: nobody imports what they have not seen."""
    with request.app.state.database.transaction() as connection:
        upload = uploads.read_upload(connection, upload_id)
        form = read_form(upload, sent)
        if form.errors:
            return _import_page(request, upload, form, status=422)
        if form.options == show_form(upload).options:
            uploads.queue_import(connection, upload_id)
        else:
            uploads.queue_check(connection, upload_id, form.options)
    return _when_ready(request, upload_id)


@router.post("/creators/import/{upload_id}/retry")
def retry(request: Request, upload_id: UUID) -> Response:
    """An import that was broken off, with the options it had."""
    with request.app.state.database.transaction() as connection:
        uploads.queue_import(connection, upload_id)
    return _when_ready(request, upload_id)


@router.post("/creators/import/{upload_id}/discard")
def discard(request: Request, upload_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        upload = uploads.read_upload(connection, upload_id)
        uploads.discard(connection, upload_id)
    return done("/creators/import", "import.discarded", name=upload.filename)


@router.get("/creators/import/{upload_id}/rejected.csv")
def report(request: Request, upload_id: UUID) -> Response:
    with request.app.state.database.transaction() as connection:
        content = uploads.read_report(connection, upload_id)
    # The byte order mark tells spreadsheets that it is UTF-8.
    headers = {"Content-Disposition": f'attachment; filename="rejected-{upload_id}.csv"'}
    return Response("\ufeff" + content, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/creators/import/{upload_id}/{_step}")
def to_import_page(upload_id: UUID, _step: str) -> Response:
    """Where the browser is after a form with mistakes."""
    return RedirectResponse(f"/creators/import/{upload_id}", status_code=303)


def _when_ready(request: Request, upload_id: UUID) -> Response:
    """To the import's page, at once or when a small file is done."""
    request.app.state.imports.wake()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with request.app.state.database.transaction() as connection:
            if not uploads.read_upload(connection, upload_id).busy:
                break
        time.sleep(_LOOK_SECONDS)
    return RedirectResponse(f"/creators/import/{upload_id}", status_code=303)


def _upload_page(request: Request, *, problem: str | None = None) -> Response:
    with request.app.state.database.transaction() as connection:
        context = {"uploads": _recent(connection), "problem": problem, "most": request.app.state.settings.max_upload_mb}
    return render(request, "creators/upload.html", context, status=422 if problem else 200)


def _recent(connection: Connection) -> list[Upload]:
    return uploads.list_uploads(connection, limit=10)


def _import_page(
    request: Request, upload: Upload, form: ImportForm, *, sample: bool = False, status: int = 200
) -> Response:
    context = {"upload": upload, "form": form, "fields": FIELDS, "platforms": sorted(PLATFORMS), "sample": sample}
    return render(request, "creators/import.html", context, status=status)
