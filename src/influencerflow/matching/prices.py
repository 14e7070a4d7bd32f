"""What creators without a rate are likely to ask, in a form filters can use: the middle of `estimate_price`, by band."""

from itertools import pairwise

from sqlalchemy import Connection

from influencerflow.creators.peers import cached_peer_statistics
from influencerflow.retrieval.conditions import PriceBand
from influencerflow.retrieval.filters import Filters
from influencerflow.scoring.benchmarks import Benchmarks, load_benchmarks
from influencerflow.scoring.budget import estimate_price
from influencerflow.scoring.creator import CreatorFigures
from influencerflow.scoring.peers import PeerStatistics
from influencerflow.settings import Settings

_MOST_FOLLOWERS = 10**12
_VIEWS = 1_000_000


def with_prices(connection: Connection, settings: Settings, filters: Filters) -> Filters:
    """The same filters; where they ask for estimates, they know them."""
    if not filters.estimate_rates:
        return filters
    benchmarks = load_benchmarks(settings.benchmarks)
    return filters.with_prices(price_bands(benchmarks, cached_peer_statistics(connection, benchmarks)))


def price_bands(benchmarks: Benchmarks, peers: PeerStatistics) -> list[PriceBand]:
    """One for each platform and range of followers within which the estimate is a fixed price per view or follower."""
    platforms = {entry.platform for entry in benchmarks.cpms} | {platform for platform, _ in peers.groups}
    bands = []
    for platform in sorted(platforms):
        for first, after in pairwise(_boundaries(benchmarks, platform)):
            band = _band(benchmarks, peers, platform, first, after - 1)
            if band:
                bands.append(band)
    return bands


def _boundaries(benchmarks: Benchmarks, platform: str) -> list[int]:
    """Where tier or published figures change. Nobody with 0 followers has an estimate."""
    published = [entry for entry in (*benchmarks.cpms, *benchmarks.reaches) if entry.platform == platform]
    starts = {*benchmarks.tiers.starts.values(), *(band.followers for entry in published for band in entry.bands)}
    return sorted({max(1, start) for start in starts} | {1, _MOST_FOLLOWERS})


def _band(benchmarks: Benchmarks, peers: PeerStatistics, platform: str, first: int, last: int) -> PriceBand | None:
    """Read off the estimate itself: what doubles with the views is a price per view."""

    def estimate(views: int | None) -> float | None:
        figures = CreatorFigures(platform=platform, followers_count_numeric=first, avg_views=views)
        found = estimate_price(figures, benchmarks, peers)
        return found.mid if found else None

    by_followers, by_views = estimate(None), estimate(_VIEWS)
    if by_followers is None and by_views is None:
        return None
    per_view = None if by_views is None or by_views == estimate(2 * _VIEWS) else by_views / _VIEWS
    return PriceBand(platform, first, last, per_view, None if by_followers is None else by_followers / first)
