"""Draw an audience that fits the niche, the platform and the country of its creator."""

import math
from random import Random
from typing import Any

from sample_source.reading import Background, Writing

AGE_BANDS = ("13-17", "18-24", "25-34", "35-44", "45-54", "55+")
AGES = {
    "teen": (0.20, 0.41, 0.26, 0.08, 0.03, 0.02),
    "young": (0.07, 0.33, 0.36, 0.15, 0.06, 0.03),
    "adult": (0.02, 0.15, 0.38, 0.27, 0.12, 0.06),
    "mature": (0.01, 0.08, 0.23, 0.28, 0.23, 0.17),
}
# Above zero tilts an audience older, below zero younger.
AGE_TILT = {"tiktok": -0.22, "twitch": -0.25, "instagram": -0.03, "pinterest": 0.15, "linkedin": 0.25}
FEMALE_TILT = {"twitch": -0.12, "x": -0.08, "pinterest": 0.14, "instagram": 0.03, "youtube": -0.03}


def shares(weights: dict[str, float], total: float = 1.0) -> dict[str, float]:
    """Scale the weights to shares of the total, cut to three places so that they never sum to more."""
    scale = total / sum(weights.values())
    return {key: math.floor(weight * scale * 1_000) / 1_000 for key, weight in weights.items()}


def ages(rng: Random, profile: str, platform: str) -> dict[str, float]:
    tilt = AGE_TILT.get(platform, 0.0) + rng.gauss(0.0, 0.12)
    usual = dict(zip(AGE_BANDS, AGES[profile], strict=True))
    if platform == "linkedin":
        usual["13-17"] = 0.002
    return shares({band: share * math.exp(tilt * place) for place, (band, share) in enumerate(usual.items())})


def genders(rng: Random, female: float, platform: str) -> dict[str, float]:
    women = min(max(female + FEMALE_TILT.get(platform, 0.0) + rng.gauss(0.0, 0.06), 0.05), 0.95)
    other = rng.uniform(0.004, 0.025)
    return shares({"female": women, "male": 1.0 - women, "other": other})


def countries(rng: Random, home: str, spread: list[str]) -> dict[str, float]:
    at_home = rng.uniform(0.42, 0.83)
    abroad = [code for code in spread if code != home][: rng.randint(2, 4)]
    weights = {code: rng.uniform(0.6, 1.3) / (place + 1.3) for place, code in enumerate(abroad)}
    rest = shares(weights, (1.0 - at_home) * rng.uniform(0.6, 0.9))
    return {home: math.floor(at_home * 1_000) / 1_000, **rest}


def interests(rng: Random, niche: str, related: tuple[str, ...]) -> dict[str, float]:
    others = rng.sample(related, rng.randint(2, len(related)))
    weights = {niche: rng.uniform(1.0, 1.7)}
    weights.update({term: rng.uniform(0.3, 0.8) for term in others})
    drawn = shares(weights, rng.uniform(0.66, 0.94))
    return dict(sorted(drawn.items(), key=lambda item: -item[1]))


def audience(rng: Random, writing: Writing, background: Background, suspicious: bool) -> dict[str, Any]:
    niche = background.niches[writing.niche]
    return {
        "age": ages(rng, niche.age, writing.platform),
        "gender": genders(rng, niche.female, writing.platform),
        "country": countries(rng, writing.country, background.spread[writing.language]),
        "interest": interests(rng, writing.niche, niche.interests),
        "credibility": round(rng.uniform(0.18, 0.37) if suspicious else min(rng.betavariate(14, 3), 0.98), 2),
        "sample_size": rng.randint(30, 900) * 10,
        "as_of": f"2026-{rng.randint(1, 9):02}-{rng.randint(1, 28):02}",
    }
