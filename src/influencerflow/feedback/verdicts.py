"""What can be said of a creator for a campaign, and why somebody does not fit."""

from typing import Literal, get_args

Verdict = Literal["relevant", "not_relevant", "shortlisted", "contacted", "hired", "rejected"]
Reason = Literal[
    "off_topic",
    "wrong_place",
    "wrong_language",
    "wrong_audience",
    "wrong_size",
    "too_expensive",
    "poor_content",
    "not_a_person",
    "not_genuine",
    "brand_safety",
    "competitor",
    "inactive",
    "other",
]

VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
REASONS: tuple[Reason, ...] = get_args(Reason)
NEGATIVE: frozenset[Verdict] = frozenset({"not_relevant", "rejected"})
POSITIVE: frozenset[Verdict] = frozenset(VERDICTS) - NEGATIVE
# Saying one of these puts a creator on the shortlist; a rejection is the end of a creator there, not its absence.
LISTING: frozenset[Verdict] = frozenset({"shortlisted", "contacted", "hired"})
