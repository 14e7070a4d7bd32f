"""Which column of a file is which field: by name, by synonym, or as told."""

import re
from collections.abc import Mapping, Sequence

from influencerflow.errors import InvalidInputError

SYNONYMS: dict[str, tuple[str, ...]] = {
    "id": ("uuid", "creatorid"),
    "name": ("fullname", "displayname", "creatorname", "influencername", "influencer", "creator", "title", "nickname"),
    "platform": ("network", "socialnetwork", "socialmedia"),
    "channel_name": ("channel", "username", "handle", "user", "account", "accountname", "instagramname", "customurl",
                     "profileurl", "channelurl", "url", "link"),
    "niche": ("category", "categories", "topic", "topics", "vertical", "genre"),
    "about": ("bio", "biography", "signature", "description", "channeldescription", "profiledescription", "summary"),
    "followers_count": (),
    "followers_count_numeric": ("followers", "followercount", "subscribers", "subscribercount", "subs", "fans", "audiencesize"),
    "engagement_rate": ("engagement", "er", "engagementpercent", "engrate", "avgengagement"),
    "avg_views": ("averageviews", "viewsavg", "meanviews", "avgview", "averageviewspervideo"),
    "collaboration_rate": ("rate", "price", "cost", "fee", "rateusd", "priceusd", "collabrate"),
    "country": ("region", "countrycode", "location", "nation"),
    "language": ("lang", "languagecode", "locale"),
    "profile_image": ("avatar", "image", "picture", "photo", "profilepicture", "avatarurl", "profilepic", "thumbnail"),
    "audience": ("demographics",),
    "past_brands": ("brands", "pastcollaborations", "sponsors", "workedwith", "previousbrands"),
    "source": ("dataset", "origin"),
    "external_id": ("channelid", "userid", "accountid", "externalid", "platformid"),
}  # fmt: skip
FIELDS = tuple(SYNONYMS)


def _key(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


_BY_KEY = {key: field for field, names in SYNONYMS.items() for key in (_key(field), *names)}


def known_columns(columns: Sequence[str]) -> int:
    """How many of them name a field."""
    return sum(_key(column) in _BY_KEY for column in columns)


def map_columns(columns: Sequence[str], told: Mapping[str, str]) -> dict[str, str]:
    """Field -> column. `told` (column -> field, or - to leave it out) wins over names, and names over synonyms.

    Raises InvalidInputError for duplicate headers, unknown columns and unknown fields.
    """
    _refuse_duplicates(columns)
    for column, field in told.items():
        if column not in columns:
            raise InvalidInputError(
                f"--map {column}={field}: there is no column {column!r}.", remedy=_listed("Columns", columns)
            )
        if field not in FIELDS and field != "-":
            raise InvalidInputError(
                f"--map {column}={field}: there is no field {field!r}.", remedy=_listed("Fields", FIELDS)
            )
    mapping: dict[str, str] = {}
    for column, field in told.items():
        if field in mapping:
            raise InvalidInputError(
                f"--map {column}={field}: {mapping[field]!r} is mapped to that field already.",
                remedy="Keep one of them.",
            )
        if field != "-":
            mapping[field] = column
    free = [column for column in columns if column not in told]
    by_name = [column for column in free if _key(column) in map(_key, FIELDS)]
    for column in (*by_name, *free):
        known = _BY_KEY.get(_key(column))
        if known and known not in mapping and column not in mapping.values():
            mapping[known] = column
    if not mapping:
        raise InvalidInputError(
            f"No column is one we know: {', '.join(column[:60] for column in columns[:12])}.",
            remedy="Is the delimiter one of comma, semicolon, tab or |? Otherwise name the columns with --map COLUMN=FIELD.",
        )
    return {field: mapping[field] for field in FIELDS if field in mapping}


def _refuse_duplicates(columns: Sequence[str]) -> None:
    seen: set[str] = set()
    for column in columns:
        if column in seen:
            raise InvalidInputError(f"The column {column!r} is there twice.", remedy="Rename or remove one of them.")
        seen.add(column)


def _listed(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}."
