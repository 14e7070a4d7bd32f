"""Where a creator's figure lies among those of its platform and size, as something to draw."""

import math
from collections.abc import Callable
from dataclasses import dataclass

from influencerflow.scoring.benchmarks import Benchmarks, Figure
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.engagement import engagement_standing
from influencerflow.scoring.peers import Peers, PeerStatistics, Quantiles
from influencerflow.scoring.reach import ENOUGH_PEERS

# The scale of a drawing: positions from 0 to SPAN.
SPAN = 400
_LEAST_SHARE = 0.001


@dataclass(frozen=True, slots=True)
class Strip:
    """One figure. `percentile` (0-100) is the share of peers below it; positions are along the drawing.

    `low`, `typical`, `high`: the middle 80% of `peers` creators, or, where these are too few (`peers` is 0), what is
    published. `inner`: the positions of the middle half, None with published figures.
    """

    name: str
    value: float
    percentile: float | None
    low: float
    typical: float
    high: float
    peers: int
    at: int
    outer: tuple[int, int]
    inner: tuple[int, int] | None
    middle: int


def strips(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics) -> list[Strip]:
    """Of what is known and can be compared: engagement, views per follower, price per 1,000 followers."""
    followers = creator.followers_count_numeric
    if not followers or not creator.platform:
        return []
    group = peers.of(creator.platform, benchmarks.tier(followers))
    reach = benchmarks.reach(creator.platform, followers)
    found = [
        _engagement(creator, benchmarks, peers, group),
        _strip("views", _share(creator.avg_views, followers), group.views_per_follower, reach),
        _strip("price", _share(creator.collaboration_rate, followers), group.price_per_follower, None),
    ]  # fmt: skip
    return [strip for strip in found if strip]


def _share(value: float | None, followers: int) -> float | None:
    return value / followers if value else None


def _engagement(creator: CreatorFigures, benchmarks: Benchmarks, peers: PeerStatistics, group: Peers) -> Strip | None:
    published = benchmarks.engagement_rate(creator.platform, creator.followers_count_numeric)
    standing = engagement_standing(creator, benchmarks, peers)
    percentile = standing.percentile if standing else None
    return _strip("engagement", creator.engagement_rate, group.engagement_rate, published, percentile)


def _strip(
    name: str,
    value: float | None,
    quantiles: Quantiles | None,
    published: Figure | None,
    percentile: float | None = None,
) -> Strip | None:
    if value is None or not value > 0:
        return None
    if quantiles and quantiles.count >= ENOUGH_PEERS and quantiles.at(0.9) > 0:
        low, typical, high = quantiles.at(0.1), quantiles.at(0.5), quantiles.at(0.9)
        inner, peers = (quantiles.at(0.25), quantiles.at(0.75)), quantiles.count
        percentile = 100 * quantiles.share_below(value) if percentile is None else percentile
    elif published:
        low, typical, high, inner, peers = published.low, published.typical, published.high, None, 0
    else:
        return None
    place = _scale(min(low, value), max(high, value))
    return Strip(
        name, value, percentile, low, typical, high, peers,
        place(value), (place(low), place(high)), (place(inner[0]), place(inner[1])) if inner else None, place(typical),
    )  # fmt: skip


def _scale(low: float, high: float) -> Callable[[float], int]:
    """Logarithmic, with a margin at either end: figures of creators differ by factors, not by amounts."""
    start = math.log(max(low, high * _LEAST_SHARE))
    width = max(math.log(high) - start, 0.2)

    def place(value: float) -> int:
        share = (math.log(max(value, 1e-12)) - start) / width
        return round(SPAN * (0.05 + 0.9 * min(1.0, max(0.0, share))))

    return place


def trend(values: list[float | None], *, width: int = 400, height: int = 60) -> str:
    """Points of a line through the known values, oldest first; empty with fewer than two."""
    known = [(index, value) for index, value in enumerate(values) if value is not None]
    if len(known) < 2:
        return ""
    low, high = min(value for _, value in known), max(value for _, value in known)
    span = (high - low) or 1
    last = max(len(values) - 1, 1)
    return " ".join(
        f"{round(4 + (width - 8) * index / last, 1)},{round(height - 6 - (height - 12) * (value - low) / span, 1)}"
        for index, value in known
    )
