"""What the engine has to beat: keyword search, the guide's recipe, and the engine as it was before.

The texts and formulas here are frozen: they stay as they are when the engine changes, or the figures could not be
compared from one version to the next.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from influencerflow.campaigns.brief import Brief
from influencerflow.embeddings.encoder import BareModel, Vectors, normalized
from influencerflow.evaluation.keywords import KeywordSearch, whole_brief
from influencerflow.evaluation.measures import rank_scores

Creator = Mapping[str, Any]
Rankings = dict[str, list[str]]
# What is done, how many of how many.
Progress = Callable[[str, int, int], None]

PREVIOUS_CENTRES = Path(__file__).with_name("data") / "previous_centres.npz"
_BATCH = 64


def rank_by_keywords(creators: Sequence[Creator], queries: Mapping[str, str], *, depth: int) -> Rankings:
    """BM25 over name, niche, bio and channel; `queries` by qid."""
    columns = ("name", "niche", "about", "channel_name")
    search = KeywordSearch({c["id"]: "\n".join(c[name] for name in columns if c[name]) for c in creators})
    return {qid: search.rank(query, depth=depth) for qid, query in queries.items()}


def keyword_queries(briefs: Mapping[str, Brief]) -> tuple[dict[str, str], dict[str, str]]:
    """The whole brief, and what is sought in a word or two; both by qid."""
    whole = {qid: whole_brief(brief) for qid, brief in briefs.items()}
    return whole, {qid: brief.product_niche or brief.product_name for qid, brief in briefs.items()}


@dataclass(frozen=True, slots=True)
class DenseScores:
    """Cosines of every creator to every brief: `matrix` of shape (briefs, creators)."""

    qids: Sequence[str]
    ids: Sequence[str]
    matrix: Vectors

    def rankings(self, *, depth: int) -> Rankings:
        rows = zip(self.qids, self.matrix, strict=True)
        return {qid: rank_scores(dict(zip(self.ids, row.tolist(), strict=True)), depth=depth) for qid, row in rows}

    def of_pair(self, qid: str, creator_id: str) -> float:
        return float(self.matrix[self.qids.index(qid), self.ids.index(creator_id)])


def guide_scores(
    creators: Sequence[Creator], briefs: Mapping[str, Brief], model: BareModel, progress: Progress
) -> DenseScores:
    """The guide's creator text, statistics and all, and its campaign text, compared by bare cosine."""
    documents = _encode(model, map(guide_creator_text, creators), len(creators), "the guide's texts", progress)
    queries, _ = model.encode([guide_campaign_text(brief) for brief in briefs.values()], is_query=True)
    return _scores(creators, briefs, normalized(documents), normalized(queries))


def previous_scores(
    creators: Sequence[Creator], briefs: Mapping[str, Brief], model: BareModel, progress: Progress
) -> DenseScores:
    """Version 0.1's default: three centred views of the brief in one vector against name, niche and bio.

    For the local model only: the centres are its own.
    """
    centres = np.load(PREVIOUS_CENTRES)
    documents = _encode(model, map(previous_creator_text, creators), len(creators), "the previous texts", progress)
    views = [view for brief in briefs.values() for view in previous_views(brief)]
    encoded, _ = model.encode(views, is_query=True)
    centred = normalized(normalized(encoded) - np.tile(centres["query"], (len(briefs), 1)))
    queries = normalized(centred.reshape(len(briefs), 3, -1).sum(axis=1))
    return _scores(creators, briefs, normalized(documents - centres["document"]), queries)


def guide_creator_text(creator: Creator) -> str:
    return (
        f"Name: {creator['name']}\nPlatform: {creator['platform']}\nNiche: {creator['niche']}\n"
        f"Bio: {creator['about'] or ''}\nChannel: {creator['channel_name'] or ''}\n"
        f"Followers: {creator['followers_count_numeric']}\nEngagement: {creator['engagement_rate']}\n"
        f"Country: {creator['country']}\nLanguage: {creator['language']}"
    )


def guide_campaign_text(brief: Brief) -> str:
    return (
        f"Product: {brief.product_name}\nBrand: {brief.brand_name}\nDescription: {brief.product_description or ''}\n"
        f"Target Audience: {brief.target_audience or ''}\nKey Use Cases: {', '.join(brief.key_use_cases or [])}\n"
        f"Campaign Goal: {brief.campaign_goal or ''}\nProduct Niche: {brief.product_niche or ''}"
    )


def previous_creator_text(creator: Creator) -> str:
    parts = (creator["name"], creator["niche"], creator["about"])
    return "\n".join(part.strip() for part in parts if part and part.strip()) or "unknown creator"


def previous_views(brief: Brief) -> tuple[str, str, str]:
    niche = brief.product_niche or brief.product_name
    return niche, ". ".join(part for part in (niche, brief.target_audience) if part), whole_brief(brief)


def _encode(model: BareModel, texts: Iterable[str], total: int, what: str, progress: Progress) -> Vectors:
    every = list(texts)
    vectors = []
    for start in range(0, total, _BATCH):
        progress(f"Embedding {what}", start, total)
        vectors.append(model.encode(every[start : start + _BATCH], is_query=False)[0])
    progress(f"Embedding {what}", total, total)
    return np.vstack(vectors)


def _scores(
    creators: Sequence[Creator], briefs: Mapping[str, Brief], documents: Vectors, queries: Vectors
) -> DenseScores:
    return DenseScores(list(briefs), [creator["id"] for creator in creators], queries @ documents.T)
