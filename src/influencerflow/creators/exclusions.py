"""Who must not be shown: everywhere, or in one campaign. By creator, or by handle for lists that come from elsewhere."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Connection, RowMapping, text

from influencerflow.creators import platforms
from influencerflow.creators.platforms import platform_name
from influencerflow.errors import NotFoundError

_LONGEST_HANDLE = 200
_SEPARATORS = re.compile(r"[\n,;]")
_NAMED = re.compile(r"([A-Za-z ]+?)\s*:\s*(.+)")


@dataclass(frozen=True, slots=True)
class Handle:
    """As compared: lower case, without `@`. Without a platform it stands for the handle on every platform."""

    platform: str | None
    handle: str


def read_handles(written: str) -> tuple[list[Handle], list[str]]:
    """Handles as people paste them, and what could not be read: a line or a comma each, `@anna`, `tiktok:anna` or a link."""
    handles: dict[Handle, None] = {}
    unread = []
    for line in _SEPARATORS.split(written):
        item = line.strip().strip('"').strip()
        if not item:
            continue
        found = _read_handle(item)
        if found:
            handles[found] = None
        else:
            unread.append(item[:80])
    return list(handles), unread


def _read_handle(item: str) -> Handle | None:
    platform, name = None, item
    try:
        if "/" in item:
            platform = platform_name(_host(item))
            name = platforms.handle(item if "//" in item else f"https://{item}")
        elif match := _NAMED.fullmatch(item):
            platform, name = platform_name(match[1]), match[2]
    except ValueError:
        return None
    name = name.strip().lstrip("@").lower()
    # Spaces are no part of any platform's handles: a heading or a sentence was pasted along.
    if not name or len(name) > _LONGEST_HANDLE or re.search(r"[\s/\x00-\x1f]", name):
        return None
    return Handle(platform, name)


def _host(link: str) -> str:
    host = urlsplit(link if "//" in link else f"//{link}").hostname or ""
    return host.removeprefix("www.").removeprefix("m.")


def exclude_handles(
    connection: Connection, handles: Sequence[Handle], *, campaign_id: UUID | None, reason: str | None
) -> int:
    """How many of them were not on the list before; `campaign_id` None excludes everywhere."""
    if not handles:
        return 0
    added = connection.execute(
        text("""
            INSERT INTO excluded_creators (campaign_id, platform, handle, reason)
            SELECT :campaign_id, platform, handle, :reason
            FROM unnest(CAST(:platforms AS text[]), CAST(:handles AS text[])) AS listed (platform, handle)
            ORDER BY handle, platform
            ON CONFLICT DO NOTHING RETURNING id
        """),
        {
            "campaign_id": campaign_id,
            "reason": reason or None,
            "platforms": [handle.platform for handle in handles],
            "handles": [handle.handle for handle in handles],
        },
    )
    return len(added.all())


def exclude_creators(
    connection: Connection, creator_ids: Iterable[UUID], *, campaign_id: UUID | None, reason: str | None
) -> int:
    """How many of them were not on the list before; ids that no creator has are passed over."""
    added = connection.execute(
        text("""
            INSERT INTO excluded_creators (campaign_id, creator_id, reason)
            SELECT :campaign_id, id, :reason FROM creators WHERE id = ANY (:ids) ORDER BY id
            ON CONFLICT DO NOTHING RETURNING id
        """),
        {"campaign_id": campaign_id, "reason": reason or None, "ids": list(creator_ids)},
    )
    return len(added.all())


def unknown_creators(connection: Connection, creator_ids: Sequence[UUID]) -> list[UUID]:
    known = connection.scalars(text("SELECT id FROM creators WHERE id = ANY (:ids)"), {"ids": list(creator_ids)})
    return sorted(set(creator_ids) - set(known))


def remove_exclusion(connection: Connection, exclusion_id: UUID) -> None:
    """Raises NotFoundError."""
    removed = connection.execute(text("DELETE FROM excluded_creators WHERE id = :id"), {"id": exclusion_id})
    if not removed.rowcount:
        raise NotFoundError(
            f"There is no exclusion {exclusion_id}.", remedy="GET /api/exclusions lists those there are."
        )


def list_exclusions(
    connection: Connection, campaign_id: UUID | None, *, offset: int = 0, limit: int = 100
) -> tuple[list[RowMapping], int]:
    """Those of the campaign, or with None those that hold everywhere; the latest first, with how many creators each hits."""
    total = connection.scalar(
        text("SELECT count(*) FROM excluded_creators WHERE campaign_id IS NOT DISTINCT FROM :campaign_id"),
        {"campaign_id": campaign_id},
    )
    rows = connection.execute(
        text(f"""
            SELECT x.id, x.campaign_id, x.creator_id, coalesce(c.name, x.handle) AS name, x.reason, x.created_at,
                   coalesce(c.platform, x.platform) AS platform, coalesce(c.channel_name, x.handle) AS handle,
                   CASE WHEN x.creator_id IS NOT NULL THEN 1
                        ELSE (SELECT count(*) FROM creators c WHERE {_BY_HANDLE}) END AS creators
            FROM excluded_creators x LEFT JOIN creators c ON c.id = x.creator_id
            WHERE x.campaign_id IS NOT DISTINCT FROM :campaign_id
            ORDER BY x.created_at DESC, x.id OFFSET :offset LIMIT :limit
        """),
        {"campaign_id": campaign_id, "offset": offset, "limit": limit},
    ).mappings()
    return list(rows), int(total or 0)


_BY_HANDLE = """
    lower(ltrim(c.channel_name, '@')) = x.handle AND (x.platform IS NULL OR lower(c.platform) = x.platform)
"""


def excluded_ids(connection: Connection, campaign_id: UUID | None) -> list[UUID]:
    """The creators that are excluded everywhere or in this campaign."""
    rows = connection.execute(
        text(f"""
            SELECT x.creator_id AS id FROM excluded_creators x
            WHERE x.creator_id IS NOT NULL AND (x.campaign_id IS NULL OR x.campaign_id = :campaign_id)
            UNION
            SELECT c.id FROM excluded_creators x JOIN creators c ON {_BY_HANDLE}
            WHERE x.handle IS NOT NULL AND (x.campaign_id IS NULL OR x.campaign_id = :campaign_id)
        """),
        {"campaign_id": campaign_id},
    )
    return list(rows.scalars())


def exclusions_state(connection: Connection, campaign_id: UUID | None) -> str:
    """Another text whenever who is excluded changes by the lists themselves."""
    ids = connection.scalars(
        text("SELECT id FROM excluded_creators WHERE campaign_id IS NULL OR campaign_id = :campaign_id ORDER BY id"),
        {"campaign_id": campaign_id},
    )
    joined = ",".join(str(item) for item in ids)
    return sha256(joined.encode()).hexdigest() if joined else ""
