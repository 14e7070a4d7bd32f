"""How the creators of the catalogue are spread, per platform and tier. Read by `creators.peers`."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field

# Every twentieth, and the far ends, where cautions are decided.
PROBABILITIES = (0.0, 0.01, *(step / 20 for step in range(1, 20)), 0.99, 1.0)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """`values` at PROBABILITIES, ascending; `count` creators have a known value."""

    count: int
    values: tuple[float, ...]

    def at(self, probability: float) -> float:
        """The value at a probability, linear between those kept."""
        right = min(max(bisect_left(PROBABILITIES, probability), 1), len(PROBABILITIES) - 1)
        return _between(probability, PROBABILITIES, self.values, right)

    def share_below(self, value: float) -> float:
        """The share of peers below a value, between 0 and 1; of peers with the very same value half count as below."""
        left, right = bisect_left(self.values, value), bisect_right(self.values, value)
        if left < right:
            return (PROBABILITIES[left] + PROBABILITIES[right - 1]) / 2
        if left in (0, len(self.values)):
            return 0.0 if left == 0 else 1.0
        return _between(value, self.values, PROBABILITIES, left)


@dataclass(frozen=True, slots=True)
class Peers:
    """One platform and tier. None where no creator has the figures.

    `engagement_rate` in percent, `views_per_follower` a share, `cpm` USD for 1,000 average views (from the creators' own
    rates), `price_per_follower` in USD.
    """

    engagement_rate: Quantiles | None = None
    views_per_follower: Quantiles | None = None
    cpm: Quantiles | None = None
    price_per_follower: Quantiles | None = None


@dataclass(frozen=True, slots=True)
class AverageShares:
    """Mean audience shares by label (`{"25-34": 0.35}`) over `count` creators."""

    count: int
    shares: Mapping[str, float]


NO_PEERS = Peers()


@dataclass(frozen=True, slots=True)
class PeerStatistics:
    """By (platform in lower case, tier); `audiences` by (platform, tier, dimension), where `""` stands for all."""

    groups: Mapping[tuple[str, str], Peers] = field(default_factory=dict)
    audiences: Mapping[tuple[str, str, str], AverageShares] = field(default_factory=dict)

    def of(self, platform: str | None, tier: str | None) -> Peers:
        if platform is None or tier is None:
            return NO_PEERS
        return self.groups.get((platform.strip().lower(), tier), NO_PEERS)

    def average_audience(
        self, platform: str | None, tier: str | None, dimension: str, *, at_least: int = 20
    ) -> AverageShares | None:
        """Of the platform and tier; with fewer than `at_least` creators of the platform, then of the catalogue."""
        name = (platform or "").strip().lower()
        for key in ((name, tier or "", dimension), (name, "", dimension), ("", "", dimension)):
            found = self.audiences.get(key)
            if found and found.count >= at_least:
                return found
        return None


def _between(x: float, xs: tuple[float, ...], ys: tuple[float, ...], right: int) -> float:
    """Linear between the points `right - 1` and `right`."""
    x0, x1, y0, y1 = xs[right - 1], xs[right], ys[right - 1], ys[right]
    return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
