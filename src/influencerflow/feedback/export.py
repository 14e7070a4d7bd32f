"""Matches as a table for a spreadsheet, in which no profile's text is ever taken for a formula."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from influencerflow.matching.schemas import MatchResult

Cell = str | int | float | None
# What spreadsheets take for the beginning of a formula (OWASP, "CSV Injection"), and their wide forms.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_LONGEST_CELL = 32_000  # Excel's limit is 32,767

COLUMNS = (
    "rank", "name", "platform", "handle", "match_score", "match_score_basis", "niche_match", "audience_match",
    "engagement_score", "budget_fit", "niche", "followers", "engagement_rate", "price_usd", "price_estimate_low_usd",
    "price_estimate_mid_usd", "price_estimate_high_usd", "price_estimate_basis", "target_reach", "country", "language",
    "reasons_for", "reasons_against", "not_known", "creator_id",
)  # fmt: skip
SHORTLIST_COLUMNS = ("position", "status", "note", *COLUMNS)


def match_cells(match: MatchResult, *, ranked: bool = True) -> dict[str, Cell]:
    """One row by its columns; `ranked` false: the creator stands in no list, so it has no rank."""
    estimate = match.price_estimate
    rate = match.collaboration_rate
    return {
        "rank": match.rank if ranked else None,
        "name": match.name,
        "platform": match.platform,
        "handle": match.channel_name.lstrip("@") if match.channel_name else None,
        "match_score": round(match.scores.match_score, 2),
        "match_score_basis": match.match_score_basis,
        "niche_match": round(match.scores.niche_match, 2),
        "audience_match": round(match.scores.audience_match, 2),
        "engagement_score": round(match.scores.engagement_score, 2),
        "budget_fit": round(match.scores.budget_fit, 2),
        "niche": None if match.niche == "unknown" else match.niche,
        "followers": match.followers_count_numeric,
        "engagement_rate": None if match.engagement == "unknown" else float(match.engagement.rstrip("%")),
        "price_usd": None if rate == "unknown" else float(rate.lstrip("$")) or None,
        "price_estimate_low_usd": round(estimate.low) if estimate else None,
        "price_estimate_mid_usd": round(estimate.mid) if estimate else None,
        "price_estimate_high_usd": round(estimate.high) if estimate else None,
        "price_estimate_basis": estimate.basis if estimate else None,
        "target_reach": match.in_target_reach,
        "country": match.country,
        "language": match.language,
        "reasons_for": _said(match, "for"),
        "reasons_against": _said(match, "against"),
        "not_known": _said(match, "unknown"),
        "creator_id": match.id,
    }


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]]) -> bytes:
    """UTF-8 with a byte order mark, without which Excel takes it for another encoding."""
    written = io.StringIO(newline="")
    writer = csv.writer(written, quoting=csv.QUOTE_MINIMAL, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_harmless(row.get(column)) for column in columns])
    return written.getvalue().encode("utf-8-sig")


def as_xlsx(columns: Sequence[str], rows: Iterable[Mapping[str, Cell]], title: str) -> bytes:
    """A workbook of one sheet, its head row frozen. Texts are cells of text: no formulas, no links."""
    import xlsxwriter

    written = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    workbook = xlsxwriter.Workbook(written, options)
    sheet = workbook.add_worksheet(title[:31])
    sheet.write_row(0, 0, columns, workbook.add_format({"bold": True}))
    last = 0
    for last, row in enumerate(rows, start=1):
        for position, column in enumerate(columns):
            value = row.get(column)
            if isinstance(value, str):
                sheet.write_string(last, position, _text(value))
            elif value is not None:
                sheet.write_number(last, position, value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, last, len(columns) - 1)
    sheet.autofit(max_width=320)
    workbook.close()
    return written.getvalue()


def _harmless(value: Cell) -> Cell:
    if not isinstance(value, str):
        return value
    cleaned = _text(value)
    return f"'{cleaned}" if cleaned.lstrip().startswith(_FORMULA) or cleaned[:1] in ("\t", "\n") else cleaned


def _text(value: str) -> str:
    """Without what no spreadsheet can hold: control characters, halves of surrogate pairs, endless text."""
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(char for char in lines if char in "\t\n" or (char >= " " and not "\ud800" <= char <= "\udfff"))
    return kept[:_LONGEST_CELL]


def _said(match: MatchResult, kind: str) -> str | None:
    return "; ".join(reason.text for reason in match.reasons if reason.kind == kind) or None
