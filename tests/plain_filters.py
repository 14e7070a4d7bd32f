"""What filters mean, read off the columns of `creators` in plain Python: what the SQL is held against."""

from typing import Any

from influencerflow.retrieval.filters import AudienceShare, Filters
from influencerflow.scoring.benchmarks import Benchmarks
from influencerflow.scoring.budget import estimate_price
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.demographics import Demographics
from influencerflow.scoring.peers import PeerStatistics


def known(value: Any) -> float | None:
    return float(value) if value is not None and 0 <= float(value) < float("inf") else None


def word(value: str | None) -> str:
    return " ".join((value or "").lower().split())


def within(value: float | None, low: float | None, high: float | None) -> bool:
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def rate(row: Any, filters: Filters, benchmarks: Benchmarks, peers: PeerStatistics) -> float | None:
    named = known(row["collaboration_rate"])
    if named or not filters.estimate_rates:
        return named or None
    followers, views = known(row["followers_count_numeric"]), known(row["avg_views"])
    figures = CreatorFigures(
        platform=word(row["platform"]),
        followers_count_numeric=None if followers is None else int(followers),
        avg_views=None if views is None else int(views),
    )
    estimate = estimate_price(figures, benchmarks, peers)
    return estimate.mid if estimate else None


def has_email(about: str | None) -> bool:
    for written in (about or "").split():
        before, at, domain = written.rstrip("!.").partition("@")
        ending = domain.rpartition(".")[2]
        if at and before and "." in domain and len(ending) >= 2 and ending.isalpha():
            return True
    return False


def share(demographics: Demographics, asked: AudienceShare) -> float:
    shares, product = demographics.shares, 1.0
    for dimension, wanted in (("gender", asked.genders), ("country", asked.countries), ("interest", asked.interests)):
        if wanted:
            found = shares.get(dimension, {})
            names = {word(name) for name in wanted} if dimension == "interest" else set(wanted)
            product *= min(1.0, sum(value for label, value in found.items() if label in names))
    if asked.age_ranges:
        years = {year for first, last in asked.age_ranges for year in range(first, last + 1)}
        reached = 0.0
        for label, value in shares.get("age", {}).items():
            first, last = map(int, label.split("-"))
            reached += value * sum(year in years for year in range(first, last + 1)) / (last - first + 1)
        product *= min(1.0, reached)
    return product


def passes(row: Any, demographics: Demographics, f: Filters, benchmarks: Benchmarks, peers: PeerStatistics) -> bool:
    brands = {word(brand) for brand in row["past_brands"] or ()} - {""}
    facts = {
        "platforms": word(row["platform"]),
        "countries": word(row["country"]).upper(),
        "languages": word(row["language"]).replace("_", "-").split("-")[0],
        "niches": word(row["niche"]),
    }
    for name, fact in facts.items():
        for asked, wanted in ((getattr(f, name), True), (getattr(f, f"exclude_{name}"), False)):
            folded = {word(item).split("-")[0] if name == "languages" else word(item) for item in asked or ()}
            among = bool(fact) and fact.lower() in folded
            if asked and among is not wanted:
                return False
    moment = row["updated_at"]
    return (
        within(known(row["followers_count_numeric"]), f.min_followers, f.max_followers)
        and within(known(row["engagement_rate"]), f.min_engagement, f.max_engagement)
        and within(known(row["avg_views"]), f.min_avg_views, f.max_avg_views)
        and within(rate(row, f, benchmarks, peers), f.min_rate, f.max_rate)
        and within(
            demographics.credibility, None if f.min_credibility is None else f.min_credibility / 100 - 1e-9, None
        )
        and (not f.past_brands or bool(brands & {word(brand) for brand in f.past_brands}))
        and (not f.exclude_past_brands or not brands & {word(brand) for brand in f.exclude_past_brands})
        and row["id"] not in (f.exclude_creator_ids or ())
        and (not f.has_contact or has_email(row["about"]))
        and (not f.people_only or row["account"] == "person")
        and (f.updated_since is None or (moment is not None and moment.date() >= f.updated_since))
        and all(share(demographics, asked) >= asked.at_least / 100 - 1e-9 for asked in f.audience or ())
    )
