"""All pages, and the functions their templates call."""

from influencerflow.creators.platforms import platform_title
from influencerflow.lexicon.topics import topics
from influencerflow.web import (
    campaign_pages,
    catalogue_pages,
    compare_pages,
    creator_pages,
    exclusion_pages,
    feedback_pages,
    first_run,
    image_pages,
    import_pages,
    match_page,
    reference_page,
    shortlist_pages,
    verdict_pages,
)
from influencerflow.web import text as reading
from influencerflow.web.correction import account_kinds
from influencerflow.web.frame import expose, templates

# Words such as `similar` before what takes any other for an id.
ROUTERS = (
    match_page.router, campaign_pages.router, verdict_pages.router, shortlist_pages.router, compare_pages.router,
    exclusion_pages.router, feedback_pages.router, catalogue_pages.router, import_pages.router, creator_pages.router,
    image_pages.router, first_run.router, reference_page.router,
)  # fmt: skip

expose(
    reading.money, reading.number, reading.percent, reading.score, reading.ago, reading.exact, reading.day, platform_title,
    reading.country, reading.language, reading.gender, reading.account, reading.status_name, reading.marked,
    reading.rate, reading.estimated, reading.niche_note, reading.audience_note, reading.engagement_note, reading.budget_note,
)  # fmt: skip
templates.env.filters |= {"gap": reading.gap, "field_name": reading.field_name}
templates.env.globals["topic_labels"] = sorted(topic.label for topic in topics().by_key.values())
templates.env.globals["account_kinds"] = account_kinds()
