"""Measures of one ranking against the grades of one brief.

A ranking is creator ids, best first; grades are those of the judged creators. Not judged counts as grade 0. A measure
that has no value for a brief (a recall without anything relevant) is None.
"""

import math
from collections.abc import Callable, Mapping, Sequence

# From here on a creator counts as relevant: "suitable" in the grades 0-3 of our judgments.
RELEVANT_GRADE = 2

Ranking = Sequence[str]
Grades = Mapping[str, int]
Measure = Callable[[Ranking, Grades], float | None]


def ndcg(ranking: Ranking, grades: Grades, *, cutoff: int) -> float | None:
    """DCG with gain 2^grade - 1 and discount log2(rank + 1) over that of the best order possible (Burges et al. 2005)."""
    ideal = _dcg(sorted(grades.values(), reverse=True)[:cutoff])
    return _dcg([grades.get(item, 0) for item in ranking[:cutoff]]) / ideal if ideal else None


def precision(ranking: Ranking, grades: Grades, *, cutoff: int) -> float | None:
    """Share of `cutoff` places that hold a relevant creator; a place left empty holds none."""
    return sum(_is_relevant(item, grades) for item in ranking[:cutoff]) / cutoff


def recall(ranking: Ranking, grades: Grades, *, cutoff: int) -> float | None:
    relevant = sum(grade >= RELEVANT_GRADE for grade in grades.values())
    return sum(_is_relevant(item, grades) for item in ranking[:cutoff]) / relevant if relevant else None


def reciprocal_rank(ranking: Ranking, grades: Grades, *, cutoff: int) -> float | None:
    """1 / rank of the first relevant creator, 0 without one up to `cutoff`."""
    return next((1 / rank for rank, item in enumerate(ranking[:cutoff], 1) if _is_relevant(item, grades)), 0.0)


def judged(ranking: Ranking, grades: Grades, *, cutoff: int) -> float | None:
    """Share of the creators shown up to `cutoff` that anybody judged."""
    shown = ranking[:cutoff]
    return sum(item in grades for item in shown) / len(shown) if shown else None


MEASURES: dict[str, Measure] = {
    "nDCG@10": lambda ranking, grades: ndcg(ranking, grades, cutoff=10),
    "P@10": lambda ranking, grades: precision(ranking, grades, cutoff=10),
    "R@50": lambda ranking, grades: recall(ranking, grades, cutoff=50),
    "RR@10": lambda ranking, grades: reciprocal_rank(ranking, grades, cutoff=10),
    "Judged@10": lambda ranking, grades: judged(ranking, grades, cutoff=10),
}


def rank_scores(scores: Mapping[str, float], *, depth: int) -> list[str]:
    """The `depth` best ids; equal scores are ordered by id."""
    return sorted(scores, key=lambda item: (-scores[item], item))[:depth]


def _dcg(grades: Sequence[int]) -> float:
    return sum((2.0**grade - 1) / math.log2(rank + 1) for rank, grade in enumerate(grades, 1))


def _is_relevant(item: str, grades: Grades) -> bool:
    return grades.get(item, 0) >= RELEVANT_GRADE
