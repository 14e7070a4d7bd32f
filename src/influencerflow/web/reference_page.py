"""`/docs`: the API's reference, of our own, so that it needs nothing from elsewhere; `/openapi.json` is for programs."""

from fastapi import Request, Response
from markupsafe import Markup, escape

from influencerflow.web import api_reference
from influencerflow.web.frame import page_router, render, templates

router = page_router()


@router.get("/docs")
def reference(request: Request) -> Response:
    document = request.app.openapi()
    context = {
        "about": document["info"]["description"],
        "tags": api_reference.operations(document, str(request.base_url).rstrip("/")),
        "schemas": api_reference.schemas(document),
    }
    return render(request, "reference.html", context)


def in_code(text: str) -> Markup:
    """What stands between backticks, as descriptions write names, becomes code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )


templates.env.filters["in_code"] = in_code
