"""Draw believable figures for a creator: reach, engagement, price. Each creator has a generator of its own, so that
adding one leaves the figures of all others as they were."""

import math
from dataclasses import dataclass
from random import Random

SMALLEST, LARGEST = 1_200, 8_000_000


@dataclass(frozen=True)
class Habits:
    """How a platform differs from the others.

    `engagement` is the percentage at 10,000 followers and `fatigue` how fast it falls as an audience grows; `views`
    is the usual share of followers that sees a post; `rate` is USD per thousand followers for a small creator.
    """

    median_followers: int
    engagement: float
    fatigue: float
    views: float
    rate: float


HABITS = {
    "instagram": Habits(48_000, 3.4, 0.16, 0.24, 13),
    "tiktok": Habits(70_000, 7.2, 0.12, 0.46, 9),
    "youtube": Habits(62_000, 4.3, 0.11, 0.17, 26),
    "twitch": Habits(18_000, 4.8, 0.14, 0.04, 15),
    "x": Habits(21_000, 1.3, 0.15, 0.12, 5),
    "pinterest": Habits(26_000, 0.9, 0.10, 0.07, 6),
    "linkedin": Habits(14_000, 2.9, 0.14, 0.16, 24),
}


def log_normal(rng: Random, median: float, spread: float) -> float:
    return median * math.exp(rng.gauss(0.0, spread))


def followers(rng: Random, platform: str) -> int:
    while True:
        drawn = log_normal(rng, HABITS[platform].median_followers, 1.7)
        if SMALLEST <= drawn <= LARGEST:
            return round(drawn)


def engagement_rate(rng: Random, platform: str, audience: int) -> float:
    habits = HABITS[platform]
    usual = habits.engagement * (audience / 10_000) ** -habits.fatigue
    return round(min(max(log_normal(rng, usual, 0.38), 0.05), 18.0), 2)


def avg_views(rng: Random, platform: str, audience: int) -> int:
    usual = HABITS[platform].views * audience * (audience / 10_000) ** -0.05
    drawn = log_normal(rng, usual, 0.5)
    return max(round(drawn), 40)


def collaboration_rate(rng: Random, platform: str, audience: int) -> int:
    """What a collaboration costs in USD, rounded the way people quote prices."""
    drawn = log_normal(rng, HABITS[platform].rate * (audience / 1_000) ** 0.86, 0.35)
    step = 10 if drawn < 500 else 50 if drawn < 5_000 else 250
    return int(max(round(drawn / step) * step, 40))
