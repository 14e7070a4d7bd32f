"""Write the sample catalogue and campaigns of `influencerflow.sample` from the sources in `sample_source/`.

The same sources always give the same bytes. `python tools/make_sample.py --into FOLDER` writes elsewhere.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from sample_source import figures
from sample_source.audience import audience
from sample_source.reading import Background, Writing, read_background, read_campaigns, read_writings

SAMPLE = Path(__file__).parent.parent / "src" / "influencerflow" / "sample"
NAMESPACE = uuid5(NAMESPACE_URL, "https://influencerflow.example/sample")
SEED = "influencerflow-sample-1"

# How often a figure is unknown: a real catalogue has holes, and the product must show what it does with them.
UNKNOWN = {
    "niche": 0.09,
    "followers_count_numeric": 0.02,
    "engagement_rate": 0.10,
    "avg_views": 0.30,
    "collaboration_rate": 0.25,
    "country": 0.08,
    "language": 0.08,
    "audience": 0.35,
}
REGIONAL = {
    ("pt", "BR"): "pt-BR",
    ("pt", "PT"): "pt-PT",
    ("es", "MX"): "es-MX",
    ("en", "GB"): "en-GB",
    ("fr", "CA"): "fr-CA",
    ("de", "AT"): "de-AT",
}


def language_tag(rng: Random, writing: Writing) -> str:
    """Some sources name the region of a language, most do not."""
    regional = REGIONAL.get((writing.language, writing.country))
    return regional if regional and rng.random() < 0.4 else writing.language


def past_brands(rng: Random, brands: list[str]) -> list[str]:
    if rng.random() < 0.42:
        return []
    return rng.sample(brands, min(rng.choice((1, 1, 1, 2, 2, 3, 4)), len(brands)))


def creator(writing: Writing, background: Background) -> dict[str, Any]:
    key = f"{writing.platform}/{writing.channel_name}"
    rng = Random(f"{SEED}/{key}")
    followers = figures.followers(rng, writing.platform)
    bought = background.suspicious_engagement.get(writing.channel_name)
    engagement = bought or figures.engagement_rate(rng, writing.platform, followers)
    fields: dict[str, Any] = {
        "id": str(uuid5(NAMESPACE, key)),
        "name": writing.name,
        "platform": writing.platform,
        "channel_name": writing.channel_name,
        "niche": writing.niche,
        "about": writing.about or None,
        "followers_count_numeric": followers,
        "engagement_rate": engagement,
        "avg_views": figures.avg_views(rng, writing.platform, followers),
        "collaboration_rate": figures.collaboration_rate(rng, writing.platform, followers),
        "country": writing.country,
        "language": language_tag(rng, writing),
        "profile_image": None,
        "audience": audience(rng, writing, background, suspicious=bought is not None),
        "past_brands": past_brands(rng, background.brands[background.niches[writing.niche].trade]),
    }
    # One draw per field, whether or not it is used, so that a changed share moves no other field.
    unknown = {field for field, share in UNKNOWN.items() if rng.random() < share}
    if bought:
        unknown -= {"engagement_rate", "followers_count_numeric", "audience"}
    if "followers_count_numeric" in unknown:
        unknown.add("avg_views")
    return {field: None if field in unknown else value for field, value in fields.items()}


def creators() -> list[dict[str, Any]]:
    """All creators in the order of their ids, which mixes languages and niches, numbered from 1."""
    background = read_background()
    rows = sorted((creator(writing, background) for writing in read_writings()), key=lambda row: str(row["id"]))
    return [{**row, "source": "sample", "external_id": f"sample-{place:03}"} for place, row in enumerate(rows, 1)]


def campaigns() -> list[dict[str, Any]]:
    return [
        {"id": str(uuid5(NAMESPACE, f"campaign/{row['brand_name']}/{row['product_name']}")), **row}
        for row in read_campaigns()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Write the sample catalogue.")
    parser.add_argument("--into", type=Path, default=SAMPLE, help="folder to write to")
    into: Path = parser.parse_args(arguments).into
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in creators())
    (into / "creators.jsonl").write_text(lines, encoding="utf-8", newline="\n")
    text = json.dumps(campaigns(), ensure_ascii=False, indent=2) + "\n"
    (into / "campaigns.json").write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
