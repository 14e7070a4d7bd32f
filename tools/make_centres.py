"""Writes the centres of the local encoder: run it after changing the sample, the background briefs or the texts.

`document`: mean vector of the sample's creators. `query`: mean vectors of the background briefs, a row an aspect.
"""

import json
from pathlib import Path

import numpy as np

from influencerflow.embeddings.local import CENTRES, E5Engine
from influencerflow.embeddings.text import CreatorProfile, creator_text
from influencerflow.matching.query import background_texts

SAMPLE = Path(__file__).parents[1] / "src/influencerflow/sample/creators.jsonl"


def main() -> None:
    engine = E5Engine()
    people = [json.loads(line) for line in SAMPLE.read_text(encoding="utf-8").strip().split("\n")]
    texts = [creator_text(CreatorProfile(row["name"], row["niche"], row["about"])) for row in people]
    document = engine.encode(texts, is_query=False)[0].mean(axis=0)
    query = np.vstack([engine.encode(list(aspect), is_query=True)[0].mean(axis=0) for aspect in background_texts()])
    np.savez(CENTRES, document=document.astype(np.float32), query=query.astype(np.float32))


if __name__ == "__main__":
    main()
