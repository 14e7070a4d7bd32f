"""`/feedback`: how good the lists were, by what people said of them."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from influencerflow.feedback import quality, repository
from influencerflow.web.frame import page_router, render
from influencerflow.web.precision_chart import draw

router = page_router()


@router.get("/feedback")
def feedback_page(request: Request, campaign_id: Annotated[str, Query(max_length=40)] = "") -> Response:
    """Over all campaigns, or one of those in which something was said."""
    with request.app.state.database.transaction() as connection:
        log = repository.read_log(connection)
        campaigns = repository.list_judged_campaigns(connection)
    chosen = next((row["id"] for row in campaigns if str(row["id"]) == campaign_id), None)
    judged = quality.judgments(_of(log, chosen))
    weeks = quality.by_week([item for item in judged if item.rank is not None])
    context = {
        "campaigns": campaigns,
        "chosen": chosen,
        "judged": judged,
        "unranked": sum(item.rank is None for item in judged),
        "overall": {k: quality.precision_at(judged, k) for k in quality.CUTOFFS},
        "weeks": weeks,
        "chart": draw(weeks),
        "verdicts": quality.by_verdict(judged),
        "reasons": quality.by_reason(judged),
        "scorings": quality.by_scoring(judged),
    }
    return render(request, "feedback.html", context)


def _of(log: list[quality.Said], campaign_id: UUID | None) -> list[quality.Said]:
    return log if campaign_id is None else [said for said in log if said.campaign_id == campaign_id]
