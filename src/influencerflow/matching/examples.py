"""Answers as the API's description shows them."""

from pydantic.config import JsonDict

TOPICS: list[dict[str, object]] = [{"key": "hiking", "label": "Hiking", "broader": ["outdoors"]}]

_MATCH: JsonDict = {
    "id": "7f1241fe-cff6-5c90-a230-282719853a71",
    "influencer_name": "Trail with Tilda (@instagram)",
    "profile_image": None,
    "platform": "instagram",
    "match_score": "87.32%",
    "niche": "hiking",
    "followers": "48.2K",
    "followers_count_numeric": 48200,
    "engagement": "4.1%",
    "collaboration_rate": "$650",
    "detailed_scores": {
        "niche_match": "100.00%",
        "audience_match": "81.40%",
        "engagement_score": "70.00%",
        "budget_fit": "100.00%",
    },
    "rank": 1,
    "scores": {
        "match_score": 87.32,
        "niche_match": 100,
        "audience_match": 81.4,
        "engagement_score": 70,
        "budget_fit": 100,
        "similarity": 0.46,
    },
    "match_score_basis": "calibrated",
    "niche_basis": "exact",
    "inferred_niche": None,
    "audience_basis": "demographics",
    "audience_confidence": 0.96,
    "in_target_reach": 4100,
    "engagement_percentile": 63.0,
    "authenticity_score": 84.0,
    "price_estimate": None,
    "account": "person",
    "same_as": None,
    "reasons": [
        {"kind": "for", "field": "niche", "text": "Niche “hiking” is the campaign’s", "spans": []},
        {"kind": "for", "field": "about", "text": "Hiking: profile says “Hut”, “Alps”", "spans": [[0, 3], [23, 27]]},
        {"kind": "unknown", "field": "language", "text": "Language unknown", "spans": []},
    ],
    "name": "Trail with Tilda",
    "channel_name": "trailwithtilda",
    "about": "Hut to hut through the Alps. Packing lists, not pep talks.",
    "country": "AT",
    "language": None,
}
_UNDERSTOOD: JsonDict = {
    "topics": [{"key": "hiking", "label": "Hiking", "weight": 1}],
    "countries": ["AT", "DE"],
    "languages": [],
    "genders": [],
    "age_ranges": [[25, 45]],
    "platforms": [],
    "excluded_topics": [],
    "excluded_accounts": [],
}
_PAGE: JsonDict = {"matches": [_MATCH], "total": 1, "page": 1, "pages": 1, "understood": _UNDERSTOOD}
RESPONSE: JsonDict = {**_PAGE, "next_cursor": None, "deleted": 0, "explain": None}
CAMPAIGN_RESPONSE: JsonDict = {
    **_PAGE,
    "campaign_id": "0b0a4a6e-6f3c-4c0e-9a52-3b1f5d0c7a11",
    "matching": 8123,
    "dismissed": 0,
    "computed_at": "2026-05-04T09:30:00+00:00",
    "cached": False,
    "stale": False,
    "filters": {"platforms": ["instagram"]},
    "options": {},
}
