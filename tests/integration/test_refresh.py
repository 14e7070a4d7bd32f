"""The daily refresh of figures: who it finds, what it leaves alone, and that nothing is embedded for it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.creators.importing.refresh import RefreshResult, refresh_creators
from influencerflow.creators.importing.service import ImportOptions
from influencerflow.database.engine import Database
from influencerflow.errors import InfluencerFlowError, InvalidInputError

LONG_AGO = datetime.now(UTC) - timedelta(days=30)


@pytest.fixture
def ids(database: Database) -> dict[str, UUID]:
    with database.transaction() as connection:
        ids = {
            name: add_creator(
                connection,
                name=name,
                channel_name=f"@{name}",
                source="list",
                external_id=f"x-{name}",
                avg_views=100,
                audience={"gender": {"female": 1}},
                updated_at=LONG_AGO,
            )
            for name in ("ana", "ben", "cy", "di")
        }
        connection.execute(text("DELETE FROM embedding_jobs"))
    return ids


def refresh(database: Database, folder: Path, rows: list[dict[str, Any]], **options: Any) -> RefreshResult:
    file = folder / "figures.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return refresh_creators(database, file, ImportOptions(**options), report=folder / "rejected.csv")


def counts(result: RefreshResult) -> tuple[int, int, int, int]:
    return result.updated, result.confirmed, result.unchanged, result.rejected_rows


def figures(database: Database) -> dict[str, Any]:
    with database.transaction() as connection:
        rows = connection.execute(
            text("""
                SELECT c.name, c.followers_count_numeric, c.followers_count, c.engagement_rate, c.avg_views,
                       c.collaboration_rate, f.followers, f.engagement, f.avg_views AS views, f.rate,
                       c.updated_at > now() - interval '1 minute' AS fresh, f.updated_at = c.updated_at AS in_step
                FROM creators c JOIN creator_facets f ON f.creator_id = c.id
            """)
        )
        return {row.name: row for row in rows}


def test_creators_are_found_by_whatever_they_are_known_by(
    database: Database, ids: dict[str, UUID], tmp_path: Path
) -> None:
    result = refresh(
        database,
        tmp_path,
        [
            {"id": str(ids["ana"]), "followers": "20K", "engagement": "5%"},
            {"platform": "Instagram", "username": "BEN", "followers": 1_234_567, "avg_views": 999},
            {"source": "list", "external_id": "x-cy", "rate": 750.5},
        ],
    )
    assert counts(result) == (3, 0, 0, 0)
    found = figures(database)
    assert found["ana"][1:6] == (20_000, "20K", 5.0, 100, 400.0)
    assert found["ben"][1:6] == (1_234_567, "1.2M", 3.4, 999, 400.0)
    assert found["cy"][1:6] == (12_500, None, 3.4, 100, 750.5)
    for name in ("ana", "ben", "cy"):
        row = found[name]
        assert (row.followers, row.engagement, row.views, row.rate) == (row[1], row[3], row[4], row[5])
        assert (row.fresh, row.in_step) == (True, True)
    assert not found["di"].fresh


def test_nothing_is_embedded_or_read_again(database: Database, ids: dict[str, UUID], tmp_path: Path) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE creator_signals SET lexicon_version = 1"))
    assert refresh(database, tmp_path, [{"id": str(id_), "followers": 7} for id_ in ids.values()]).updated == 4
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT count(*) FROM embedding_jobs")) == 0
        assert connection.scalars(text("SELECT lexicon_version FROM creator_signals")).all() == [1] * 4
        assert connection.scalar(text("SELECT count(*) FROM creator_audiences")) == 4


def test_again_on_the_same_day_changes_nothing(database: Database, ids: dict[str, UUID], tmp_path: Path) -> None:
    rows = [{"id": str(ids["ana"]), "followers": 12_500, "er": 3.4}, {"id": str(ids["ben"]), "followers": 5}]
    assert counts(refresh(database, tmp_path, rows)) == (1, 1, 0, 0)
    assert figures(database)["ana"].fresh
    with database.transaction() as connection:
        before = connection.scalar(text("SELECT sum(changes) FROM catalogue_changes"))
    assert counts(refresh(database, tmp_path, rows)) == (0, 0, 2, 0)
    with database.transaction() as connection:
        assert connection.scalar(text("SELECT sum(changes) FROM catalogue_changes")) == before


def test_only_figures_are_taken_from_a_file_with_more(database: Database, ids: dict[str, UUID], tmp_path: Path) -> None:
    refresh(database, tmp_path, [{"id": str(ids["ana"]), "bio": "Other", "niche": "food", "followers": 1}])
    with database.transaction() as connection:
        kept = connection.execute(text("SELECT about, niche FROM creators WHERE name = 'ana'")).one()
    assert kept == ("Barbell training for busy people", "fitness")


def test_wrong_rows_are_reported_and_the_others_go_in(database: Database, ids: dict[str, UUID], tmp_path: Path) -> None:
    ana, nobody = str(ids["ana"]), "00000000-0000-4000-8000-000000000000"
    result = refresh(
        database,
        tmp_path,
        [
            {"id": ana, "followers": 5},
            {"id": ana, "followers": 6},
            {"source": "list", "external_id": "x-ana", "followers": 7},
            {"id": nobody, "followers": 8},
            {"id": str(ids["ben"]), "followers": -1},
            {"id": str(ids["cy"]), "followers": None},
            {"username": "di", "followers": 9},
            {"id": "17", "followers": 9},
        ],
    )
    assert counts(result) == (1, 0, 0, 7)
    assert [(item.row, item.reason.split(";")[0]) for item in result.rejections] == [
        (2, "is the same creator as row 1"),
        (3, "is the same creator as row 1"),
        (4, "is no creator of the catalogue"),
        (5, "is negative"),
        (6, "has no figure"),
        (7, "is missing"),
        (8, "is not a UUID (map the column to external_id)"),
    ]
    assert (tmp_path / "rejected.csv").read_text().count("\n") == 8
    assert figures(database)["ana"].followers == 5


def test_a_constant_makes_up_for_a_column(database: Database, ids: dict[str, UUID], tmp_path: Path) -> None:
    row = {"username": "di", "Follower": 9}
    options = {"constants": {"platform": "instagram"}, "mapping": {"Follower": "followers_count_numeric"}}
    assert counts(refresh(database, tmp_path, [row], **options)) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("row", "options", "said"),
    [
        ({"id": "x", "niche": "food"}, {}, "No column has figures"),
        ({"platform": "tiktok", "followers": 1}, {}, "which creator"),
        ({"id": "x", "followers": 1}, {"constants": {"niche": "food"}}, "takes platform or source"),
    ],
)
def test_a_file_that_cannot_be_used_is_said(
    database: Database, tmp_path: Path, row: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said):
        refresh(database, tmp_path, [row], **options)


def test_many_batches_and_an_interruption(
    database: Database, ids: dict[str, UUID], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("influencerflow.creators.importing.refresh._BATCH", 1)
    rows = [{"id": str(id_), "followers": 77} for id_ in ids.values()]
    file = tmp_path / "figures.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))

    def stop(done: float) -> None:
        if 0.6 < done < 0.7:
            raise OSError("stopped")

    with pytest.raises(InfluencerFlowError, match="some creators have new figures"):
        refresh_creators(database, file, ImportOptions(), progress=stop)
    assert sum(row.followers == 77 for row in figures(database).values()) == 1
    assert counts(refresh(database, tmp_path, rows)) == (3, 0, 1, 0)
    assert {row.followers for row in figures(database).values()} == {77}
