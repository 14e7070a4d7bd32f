"""`/creators/{id}/image`: browsers only ever ask us for a creator's image, and get a drawing where there is none."""

import base64
from uuid import UUID

from anyio import to_thread
from fastapi import Request, Response

from influencerflow.creators.repository import get_creator
from influencerflow.creators.schemas import Creator
from influencerflow.images.fetch import raster_type
from influencerflow.web.frame import page_router
from influencerflow.web.portraits import draw_avatar

router = page_router()

# Whatever it is, it is shown as an image and does nothing.
_HEADERS = {"Content-Security-Policy": "default-src 'none'; sandbox", "Cross-Origin-Resource-Policy": "same-origin"}
_TRANSPARENT = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_DAY, _MINUTES = "private, max-age=86400", "private, max-age=600"


@router.get("/creators/{creator_id}/image")
async def creator_image(request: Request, creator_id: UUID, v: str | None = None) -> Response:
    """Our own pages ask with `v`, over a drawing: where there is no image, they get one that lets it show through."""
    creator = await to_thread.run_sync(_read_creator, request, creator_id)
    content = None
    if creator.profile_image and request.app.state.settings.profile_images:
        content = await request.app.state.images.image(creator.profile_image)
    if content and (kind := raster_type(content[:12])):
        return Response(content, media_type=kind, headers={**_HEADERS, "Cache-Control": _DAY})
    if v is not None:
        return Response(_TRANSPARENT, media_type="image/gif", headers={**_HEADERS, "Cache-Control": _MINUTES})
    drawn = draw_avatar(creator.name or "")
    return Response(str(drawn), media_type="image/svg+xml", headers={**_HEADERS, "Cache-Control": _MINUTES})


def _read_creator(request: Request, creator_id: UUID) -> Creator:
    with request.app.state.database.transaction() as connection:
        return get_creator(connection, creator_id)
