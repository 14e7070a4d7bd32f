"""Tables to download."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum

from fastapi import Response

from influencerflow.campaigns.schemas import Campaign
from influencerflow.feedback.export import Cell, as_csv, as_xlsx

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


def table_response(
    extension: Format, columns: Sequence[str], rows: Sequence[Mapping[str, Cell]], title: str, campaign: Campaign
) -> Response:
    is_csv = extension is Format.CSV
    content = as_csv(columns, rows) if is_csv else as_xlsx(columns, rows, title)
    # A header takes only ASCII; what is left of the product's name tells files apart.
    product = re.sub(r"[^a-z0-9]+", "-", (campaign.product_name or "").lower()).strip("-")[:40] or "campaign"
    name = f"{product}-{title.lower()}-{datetime.now(UTC):%Y-%m-%d}.{extension}"
    kind = "text/csv; charset=utf-8" if is_csv else XLSX
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
