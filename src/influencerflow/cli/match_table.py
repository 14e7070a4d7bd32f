"""Matches as a person reads them in a terminal: at most 100 columns, one block a creator."""

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from influencerflow.campaigns.understanding import Understanding
from influencerflow.matching.schemas import MatchResult, PriceEstimateOut
from influencerflow.scoring.reasons import LEAST_PRICE
from influencerflow.web import text as reading

WIDTH = 100
_COLUMNS = (("Platform", 10), ("Followers", 9), ("Engagement", 10), ("Price", 9), ("Match", 7))
_STYLES = {"why": "green", "against": "red", "unknown": "dim", "scores": "dim"}


def print_matches(
    matches: list[MatchResult],
    understood: Understanding,
    *,
    total_budget: float,
    planned_creators: int,
    explain: bool,
) -> None:
    console = Console(highlight=False, markup=False)
    console.width = min(console.width, WIDTH)
    console.print(Text(f"Understood: {_understood(understood)}"))
    if not matches:
        console.print("No creator passes the filters.")
        return
    console.print()
    console.print(_line("#", "Creator", *(title for title, _ in _COLUMNS), style="dim"))
    for match in matches:
        scores = list(_scores(match, total_budget, planned_creators)) if explain else []
        console.print(_head(match))
        console.print(_evidence(match, scores))
        console.print()
    if any(match.match_score_basis == "provisional" for match in matches):
        console.print(
            "A match with ~ is of a creator not embedded yet: found by its words, how near it is in meaning assumed."
        )
    if any(match.match_score_basis == "percentile" for match in matches):
        console.print("Match is a percentile: the share of creators that passed the filters ranked at or below.")
    else:
        console.print("Match is a chance: of creators shown at 70%, about 70 in 100 were judged suitable.")
    if any(match.price_estimate for match in matches):
        console.print("A price with ~ or < is an estimate.")


def _estimated(estimate: PriceEstimateOut) -> str:
    return f"<{reading.money(LEAST_PRICE)}" if estimate.high < LEAST_PRICE else f"~{reading.money(estimate.mid)}"


def _head(match: MatchResult) -> Table:
    kind = f" ({reading.account(match.account).lower()})" if match.account not in (None, "person") else ""
    estimate = match.price_estimate
    price = _estimated(estimate) if estimate else reading.money(reading.rate(match))
    assumed = "~" if match.match_score_basis == "provisional" else ""
    shown = f"{assumed}{reading.score(match.scores.match_score)}%"
    cells = (match.platform, match.followers, match.engagement, price, shown)
    return _line(str(match.rank), match.name + kind, *cells, style="bold")


def _line(rank: str, name: str, *cells: str, style: str = "") -> Table:
    """A row of its own, so that what follows may use the whole width."""
    line = Table.grid(padding=(0, 2, 0, 0), expand=True)
    line.add_column(width=3, justify="right", no_wrap=True)
    line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
    for title, width in _COLUMNS:
        line.add_column(
            width=width, justify="left" if title == "Platform" else "right", no_wrap=True, overflow="ellipsis"
        )
    line.add_row(*(_plain(cell) for cell in (rank, name, *cells)), style=style)
    return line


def _evidence(match: MatchResult, scores: list[str]) -> Table:
    said: dict[str, list[str]] = {
        "why": [reason.text for reason in match.reasons if reason.kind == "for"],
        "against": [reason.text for reason in match.reasons if reason.kind == "against"],
        "unknown": [" · ".join(reason.text for reason in match.reasons if reason.kind == "unknown")],
        "scores": scores,
    }
    lines = Table.grid(padding=(0, 2, 0, 0), expand=True)
    lines.add_column(width=3)
    lines.add_column(width=7)
    lines.add_column(ratio=1, overflow="fold")
    for label, texts in said.items():
        for number, text in enumerate(filter(None, texts)):
            lines.add_row("", Text("" if number else label, style=_STYLES[label]), _plain(text))
    return lines


def _scores(match: MatchResult, total_budget: float, planned_creators: int) -> Iterator[str]:
    scores = match.scores
    yield f"Niche {scores.niche_match:.0f}: {reading.niche_note(match)}"
    yield f"Audience {scores.audience_match:.0f}: {reading.audience_note(match, None)}"
    yield f"Engagement {scores.engagement_score:.0f}: {reading.engagement_note(match)}"
    yield f"Budget {scores.budget_fit:.0f}: {reading.budget_note(match, total_budget, planned_creators)}"


def _understood(understood: Understanding) -> str:
    most = max((topic.weight for topic in understood.topics), default=0.0)
    main = [topic.label for topic in understood.topics if topic.weight == most]
    aside = [topic.label for topic in understood.topics if topic.weight < most]
    left_out = [reading.topic(key) for key in understood.excluded_topics]
    left_out += [f"{reading.account(kind)} accounts" for kind in understood.excluded_accounts]
    parts = [
        ", ".join(main) + (f" (also {', '.join(aside)})" if aside else ""),
        ", ".join(map(reading.country, understood.countries)),
        ", ".join(map(reading.language, understood.languages)),
        ", ".join(map(reading.gender, understood.genders)),
        "ages " + ", ".join(map(reading.age_range, understood.age_ranges)) if understood.age_ranges else "",
        "not " + ", ".join(left_out) if left_out else "",
    ]
    return " · ".join(filter(None, parts)) or "no topic, place or people; compared by meaning alone"


def _plain(text: str) -> Text:
    """Without control characters, which a stranger's name could steer the terminal with."""
    return Text(" ".join("".join(c for c in text if c.isprintable() or c.isspace()).split()))
