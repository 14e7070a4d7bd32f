"""How good the lists were, by what people said of them: precision@k over what was judged."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from influencerflow.feedback.verdicts import POSITIVE, Verdict

CUTOFFS = (5, 10, 20)
_Z95 = 1.959964
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Said:
    """A verdict that was not taken back; `rank` from 1, None where the creator stood in no stored list."""

    campaign_id: UUID
    creator_id: UUID
    verdict: Verdict
    reason: str | None
    rank: int | None
    model: str | None
    scoring_version: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Judgment:
    """What became of a creator in a campaign, and the list it was first judged in."""

    positive: bool
    verdict: Verdict
    reason: str | None
    rank: int | None
    model: str | None
    scoring_version: int | None
    week: date


@dataclass(frozen=True, slots=True)
class Precision:
    """`judged` creators of the first k of their lists, `positive` of them found right."""

    positive: int
    judged: int

    @property
    def share(self) -> float | None:
        """0-1; None when nothing was judged."""
        return self.positive / self.judged if self.judged else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% for the share, after Wilson (1927): holds for few judgments too, where +/- two standard errors do not."""
        if not self.judged:
            return None
        n, share, z2 = self.judged, self.positive / self.judged, _Z95**2
        centre = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = _Z95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
        return max(0.0, centre - half), min(1.0, centre + half)


def judgments(log: Iterable[Said]) -> list[Judgment]:
    """One for each creator of a campaign: the last verdict says what became of it, the first ranked one where it stood.

    So a creator shortlisted at rank 3 and hired weeks later counts once, as hired, for the list it was found in.
    """
    pairs: dict[tuple[UUID, UUID], list[Said]] = defaultdict(list)
    for said in sorted(log, key=lambda item: item.created_at):
        pairs[said.campaign_id, said.creator_id].append(said)
    found = []
    for verdicts in pairs.values():
        last = verdicts[-1]
        first = next((said for said in verdicts if said.rank is not None), verdicts[0])
        found.append(
            Judgment(
                last.verdict in POSITIVE,
                last.verdict,
                last.reason,
                first.rank,
                first.model,
                first.scoring_version,
                week_of(first.created_at),
            )
        )
    return found


def week_of(moment: datetime) -> date:
    """The Monday of its week, in UTC."""
    return moment.date() - timedelta(days=moment.weekday())


def precision_at(judged: Iterable[Judgment], k: int) -> Precision:
    """Of the creators judged among the first k of their lists, how many were right, all campaigns together.

    Nobody judges every creator of a list: those nobody judged are left out, not counted as wrong ("condensed lists", Sakai
    2007, "Alternatives to Bpref"). Whoever judges only what looks good will see a high figure.
    """
    among = [item for item in judged if item.rank is not None and item.rank <= k]
    return Precision(sum(item.positive for item in among), len(among))


def by_week(judged: Sequence[Judgment]) -> dict[date, dict[int, Precision]]:
    """Every week from the first judged to the last, the ones without judgments too."""
    grouped = _grouped(judged, lambda item: item.week)
    if not grouped:
        return {}
    first, last = min(grouped), max(grouped)
    weeks = [first + timedelta(weeks=n) for n in range((last - first).days // 7 + 1)]
    return {week: {k: precision_at(grouped.get(week, []), k) for k in CUTOFFS} for week in weeks}


def by_scoring(judged: Sequence[Judgment]) -> dict[tuple[str, int], dict[int, Precision]]:
    """By embedding model and scoring version; what stood in no list has neither."""
    known = [item for item in judged if item.model and item.scoring_version is not None]
    grouped = _grouped(known, lambda item: (item.model or "", item.scoring_version or 0))
    return {key: {k: precision_at(items, k) for k in CUTOFFS} for key, items in sorted(grouped.items())}


def by_reason(judged: Sequence[Judgment]) -> list[tuple[str | None, int]]:
    """Why creators were turned down, the most frequent first; None where nobody said why."""
    counted = Counter(item.reason for item in judged if not item.positive)
    return sorted(counted.items(), key=lambda pair: (-pair[1], pair[0] is None, pair[0] or ""))


def by_verdict(judged: Sequence[Judgment]) -> Counter[Verdict]:
    return Counter(item.verdict for item in judged)


def _grouped(judged: Iterable[Judgment], key: Callable[[Judgment], Key]) -> dict[Key, list[Judgment]]:
    groups: dict[Key, list[Judgment]] = defaultdict(list)
    for item in judged:
        groups[key(item)].append(item)
    return groups
