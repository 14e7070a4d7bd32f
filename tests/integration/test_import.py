"""The import, against a real database, with files as people have them."""

import json
from pathlib import Path
from typing import Any

import polars
import pytest
from sqlalchemy import text
from tests.factories import add_creator

from influencerflow.creators.importing.service import ImportOptions, ImportResult, import_creators, preview_import
from influencerflow.database.engine import Database
from influencerflow.errors import InfluencerFlowError, InvalidInputError

CSV = 'name,platform,username,followers,er,country,language\nAna,IG,@ana,1.2M,3.4%,Germany,Deutsch\nBen,tiktok,ben,"1 234",,,\n'


def written(folder: Path, content: str | bytes, name: str = "creators.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def imported(database: Database, path: Path, **options: Any) -> ImportResult:
    return import_creators(database, path, ImportOptions(**options), report=path.with_suffix(".rejected.csv"))


def stored(database: Database, columns: str = "name") -> list[tuple[Any, ...]]:
    with database.transaction() as connection:
        return [tuple(row) for row in connection.execute(text(f"SELECT {columns} FROM creators ORDER BY name"))]


def counts(result: ImportResult) -> tuple[int, int, int, int]:
    return result.inserted, result.updated, result.unchanged, result.rejected_rows


def test_csv_in_twice_changes_nothing(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, CSV)
    assert counts(imported(database, path)) == (2, 0, 0, 0)
    columns = (
        "name, platform, channel_name, followers_count, followers_count_numeric, engagement_rate, country, language"
    )
    assert stored(database, columns) == [
        ("Ana", "instagram", "@ana", "1.2M", 1_200_000, 3.4, "DE", "de"),
        ("Ben", "tiktok", "ben", "1.2K", 1234, None, None, None),
    ]
    with database.transaction() as connection:
        before = connection.execute(
            text("SELECT sum(changes), (SELECT max(updated_at) FROM creators) FROM catalogue_changes")
        ).one()
    assert counts(imported(database, path)) == (0, 0, 2, 0)
    with database.transaction() as connection:
        after = connection.execute(
            text("SELECT sum(changes), (SELECT max(updated_at) FROM creators) FROM catalogue_changes")
        ).one()
    assert before == after


def test_what_a_file_does_not_say_is_kept(database: Database, tmp_path: Path) -> None:
    imported(database, written(tmp_path, CSV))
    newer = "platform,username,followers,er\ninstagram,ANA,1.3M,\n"
    assert counts(imported(database, written(tmp_path, newer))) == (0, 1, 0, 0)
    assert stored(database, "name, followers_count_numeric, engagement_rate")[0][1:] == (1_300_000, 3.4)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252", "latin-1"])
def test_encodings(database: Database, tmp_path: Path, encoding: str) -> None:
    content = "name;platform;handle;bio\nZoë Müller;instagram;zoe;Café, Straße und Öl für alle Gäste\n".encode(encoding)
    assert imported(database, written(tmp_path, content)).inserted == 1
    assert stored(database, "name, about") == [("Zoë Müller", "Café, Straße und Öl für alle Gäste")]


def test_json_jsonl_and_parquet(database: Database, tmp_path: Path) -> None:
    rows = [
        {"id": f"7f1241fe-cff6-5c90-a230-28271985300{n}", "name": f"N{n}", "platform": "yt", "handle": f"n{n}"}
        for n in range(3)
    ]
    path = tmp_path / "rows.parquet"
    polars.DataFrame(rows).write_parquet(path)
    assert imported(database, path).inserted == 3
    assert imported(database, written(tmp_path, json.dumps({"creators": rows}), "rows.json")).unchanged == 3
    lines = "\n".join(json.dumps(row) for row in rows)
    assert imported(database, written(tmp_path, lines, "rows.jsonl")).unchanged == 3
    assert [str(row[0]) for row in stored(database, "id")] == [row["id"] for row in rows]


def test_good_rows_go_in_and_bad_ones_into_the_report(database: Database, tmp_path: Path) -> None:
    rows = [
        "name,platform,handle,followers,er,country",
        "Good,instagram,good,10,1,DE",
        "Short,instagram",
        "Long,instagram,long,1,1,DE,extra",
        "Negative,instagram,neg,-5,1,DE",
        "Absurd,instagram,abs,9000000000,1,DE",
        "Nowhere,instagram,now,1,1,Atlantis",
        "Elsewhere,myspace,els,1,1,DE",
        "Twice,instagram,@GOOD,1,1,DE",
        "Nobody,instagram,,1,1,DE",
        "Huge,instagram," + "x" * 10_000_000 + ",1,1,DE",
        "Rate,instagram,rate,1,250,DE",
    ]
    path = written(tmp_path, "\n".join(rows))
    result = imported(database, path)
    assert (counts(result)[0], stored(database)) == (1, [("Good",)])
    assert [(item.row, item.field) for item in result.rejections] == [
        (3, ""), (4, ""), (5, "followers_count_numeric"), (6, "followers_count_numeric"), (7, "country"), (8, "platform"),
        (9, "channel_name"), (10, "channel_name"), (11, "channel_name"), (12, "engagement_rate"),
    ]  # fmt: skip
    report = path.with_suffix(".rejected.csv").read_text()
    assert report.splitlines()[0] == "row,field,value,reason"
    assert "is the same creator as row 2" in report
    assert len(report) < 5_000


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("creators.csv", b"", "is empty"),
        ("creators.csv", bytes(range(256)) * 8, "is not text"),
        ("creators.csv", b"name,name,platform\na,b,c\n", "is there twice"),
        ("creators.csv", b"name^platform^handle\na^b^c\n", "delimiter"),
        ("creators.json", b'[{"name": "A", "platform": "ig", "handle": "a"}, {"name": "B', "is not complete JSON"),
        ("creators.json", b"[" * 100_000, "nested too deeply"),
        ("creators.json", b"[" + b"9" * 5000 + b"]", "a number that is too long"),
        ("creators.json", b'"text"', "holds no list"),
        ("creators.parquet", b"PAR1 and then nothing", "not a complete Parquet"),
    ],
)
def test_files_that_cannot_be_read(database: Database, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        imported(database, written(tmp_path, content, name))
    assert stored(database) == []


def test_a_missing_file_and_unknown_columns_are_named(database: Database, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="No such file"):
        imported(database, tmp_path / "none.csv")
    with pytest.raises(InvalidInputError, match="is a folder"):
        imported(database, tmp_path)
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    with pytest.raises(InvalidInputError, match="symbolic links"):
        imported(database, tmp_path / "loop.csv")
    with pytest.raises(InvalidInputError, match="no column 'nick'"):
        imported(database, written(tmp_path, CSV), mapping={"nick": "name"})
    with pytest.raises(InvalidInputError, match="no field 'shoe'"):
        imported(database, written(tmp_path, CSV), mapping={"er": "shoe"})


def test_an_unclosed_quote_is_said(database: Database, tmp_path: Path) -> None:
    result = imported(database, written(tmp_path, CSV + '"Cleo,ig,cleo,1,1,DE,de\n'))
    assert (result.inserted, result.rejections[0].reason) == (2, "a quote is opened and never closed")


def test_an_id_that_is_known_keeps_its_creator_and_takes_no_other_ones_channel(
    database: Database, tmp_path: Path
) -> None:
    with database.transaction() as connection:
        first = add_creator(connection, name="First", channel_name="first")
        add_creator(connection, name="Second", channel_name="second")
    renamed = f"id,name,platform,handle\n{first},First,instagram,newname\n"
    assert counts(imported(database, written(tmp_path, renamed))) == (0, 1, 0, 0)
    stolen = f"id,name,platform,handle\n{first},First,instagram,second\n"
    result = imported(database, written(tmp_path, stolen))
    assert (counts(result), "belongs to creator" in result.rejections[0].reason) == ((0, 0, 0, 1), True)


def test_a_full_disk_leaves_nothing_half_written(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        connection.execute(
            text("""
                CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF NEW.name = 'Ben' THEN
                        RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full';
                    END IF;
                    RETURN NEW;
                END $$;
                CREATE TRIGGER disk_is_full BEFORE INSERT ON creators FOR EACH ROW EXECUTE FUNCTION disk_is_full();
            """)
        )
    with pytest.raises(InfluencerFlowError, match="disk is full; nothing was imported"):
        imported(database, written(tmp_path, CSV))
    assert stored(database) == []


def test_a_report_that_cannot_be_written_stops_the_import(database: Database, tmp_path: Path) -> None:
    path = written(tmp_path, CSV + "Cleo,nowhere,cleo,1,1,DE,de\n")
    with pytest.raises(InfluencerFlowError, match="nothing was imported"):
        import_creators(database, path, ImportOptions(), report=tmp_path / "no" / "such" / "folder.csv")
    assert stored(database) == []


def test_a_preview_shows_mapping_rows_and_problems(tmp_path: Path) -> None:
    preview = preview_import(written(tmp_path, CSV + "Cleo,nowhere,cleo,1,1,DE,de\n"), ImportOptions())
    assert preview.mapping["followers_count_numeric"] == "followers"
    assert (len(preview.rows), preview.good, preview.rejections[0].field) == (2, 2, "platform")
