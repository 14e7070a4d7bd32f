"""Other sites must not press our buttons: a form anywhere could be sent here by a visitor's browser."""

from urllib.parse import urlsplit

from fastapi import Request

from influencerflow.errors import InfluencerFlowError

_READING = {"GET", "HEAD", "OPTIONS"}


class CrossSiteError(InfluencerFlowError):
    status = 403
    title = "Not allowed"


def refuse_cross_site(request: Request) -> None:
    """Browsers say where a request comes from: in Sec-Fetch-Site, and in Origin where they do not send that.

    Raises CrossSiteError for one that would change something and comes from elsewhere.
    """
    if request.method in _READING:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site:
        crossing = site in {"cross-site", "same-site"}
    else:
        crossing = origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("host", "").lower()
    if crossing:
        raise CrossSiteError(
            "This request came from another site, so nothing was changed.",
            remedy="Open the page here and press the button again.",
        )
