"""`influencerflow evaluate` as its users meet it, over an invented catalogue with invented judgments."""

import json
import signal
import sqlite3
import subprocess
import time
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg
import pytest
from tests.conftest import run_sql
from tests.functional.test_cli import COMMAND, environment, refused, run

from influencerflow.database.embedded import EmbeddedServer

PEOPLE = {
    "ana": ("instagram", "Powerlifting coach for women. First barbell programmes and form checks."),
    "bea": ("tiktok", "Strength training at home with dumbbells, mum of two"),
    "cal": ("youtube", "Gym programming and strength science"),
    "dee": ("tiktok", "Yoga flows for busy mornings"),
    "eli": ("youtube", "Reviews of phones, laptops and cameras"),
    "fay": ("instagram", "Watercolour landscapes"),
    "gil": ("tiktok", "Recetas fáciles de cocina casera"),
    "hal": ("instagram", "Cocina mediterránea: recetas de mi abuela, pan y pescado"),
    "ida": ("youtube", "Sourdough bread and pastry"),
    "jon": ("tiktok", "Fútbol y goles"),
    "kim": ("instagram", "Chess openings explained"),
    "lou": ("youtube", "Vintage synthesizers"),
}
IDS = {name: str(uuid5(UUID(int=0), name)) for name in PEOPLE}
BRIEFS = [
    {
        "qid": "lift",
        "product_name": "Lift Log",
        "brand_name": "Ironvale",
        "product_description": "An app that plans strength training with the equipment you own.",
        "target_audience": "Women who want to lift with confidence",
        "product_niche": "strength training",
        "total_budget": 9000,
        "narrative": "Watercolour landscapes are what the assessor would never want",
    },
    {
        "qid": "cocina",
        "product_name": "Sofrito",
        "brand_name": "Huerta Clara",
        "product_description": "Salsas caseras para preparar la cena en un cuarto de hora con lo que hay en la nevera.",
        "target_audience": "Personas que cocinan en casa entre semana",
        "product_niche": "recetas de cocina",
        "total_budget": 6000,
    },
]
GRADES = {
    "lift": {"ana": 3, "bea": 3, "cal": 2, "dee": 1, "fay": 0},
    "cocina": {"gil": 3, "hal": 3, "ida": 1, "jon": 0},
}


def write_files(folder: Path) -> list[str]:
    """The command's options for the invented collection."""
    contents = {
        "creators": "\n".join(
            json.dumps({"id": IDS[name], "name": name, "platform": platform, "channel_name": name, "about": about})
            for name, (platform, about) in PEOPLE.items()
        ),
        "briefs": "\n".join(map(json.dumps, BRIEFS)),
        "qrels": "\n".join(
            f"{qid}\t0\t{IDS[name]}\t{grade}" for qid, of in GRADES.items() for name, grade in of.items()
        ),
    }
    options = []
    for name, content in contents.items():
        file = folder / f"{name}.txt"
        file.write_text(content, encoding="utf-8")
        options += [f"--{name}", str(file)]
    return options


def evaluation_databases(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, 'influencerflow_eval')")
        return [name for (name,) in rows]


def figures(output: str) -> dict[str, Any]:
    """Everything but the times."""
    return {key: value for key, value in json.loads(output).items() if key != "timing"}


def kept_vectors(folder: Path) -> int:
    connection = sqlite3.connect(folder / "vectors.sqlite3")
    count: int = connection.execute("SELECT count(*) FROM vectors").fetchone()[0]
    connection.close()
    return count


@pytest.fixture
def url(empty_database_url: str) -> str:
    return empty_database_url.replace("postgresql+psycopg", "postgresql")


def test_it_measures_every_run_keeps_the_vectors_and_leaves_no_database(url: str, tmp_path: Path) -> None:
    options = [*write_files(tmp_path), "--cache", str(tmp_path / "cache")]
    first = run("evaluate", *options, "--json", INFLUENCERFLOW_DATABASE_URL=url)
    assert first.returncode == 0, first.stderr
    report = figures(first.stdout)
    assert (report["creators"], report["briefs"], report["judgments"]) == (12, 2, 9)
    assert report["languages"] == {"lift": "en", "cocina": "es"}
    runs = {each["name"]: each for each in report["runs"]}
    assert list(runs) == [
        "InfluencerFlow",
        "Keywords: brief",
        "Keywords: niche",
        "Guide's recipe",
        "Previous default",
    ]
    ours = runs["InfluencerFlow"]
    # Everybody is within the first 50 of 12, and half of the places of the first 10 cannot be relevant.
    assert ours["overall"]["R@50"]["value"] == 1
    assert ours["overall"]["P@10"]["value"] == pytest.approx((3 / 10 + 2 / 10) / 2)
    assert ours["overall"]["nDCG@10"]["value"] > 0.9
    assert ours["by_language"]["es"]["RR@10"] == {"value": 1, "low": None, "high": None, "briefs": 1}
    # "strength training": only bea has both words, cal the one.
    assert runs["Keywords: niche"]["by_brief"]["lift"]["R@50"] == pytest.approx(2 / 3)
    assert {ratio["against"] for ratio in report["ratios"]} > {"Guide's recipe"}
    assert sum(each["pairs"] for each in report["reliability"][0]["shown"]["bins"]) == 9
    assert evaluation_databases(url) == []
    kept = kept_vectors(tmp_path / "cache")
    # The creators' texts of the engine and of the guide, and each brief's views and campaign text.
    assert kept == 12 * 2 + 2 * 4
    second = run("evaluate", *options, "--json", INFLUENCERFLOW_DATABASE_URL=url)
    assert figures(second.stdout) == report
    assert kept_vectors(tmp_path / "cache") == kept


def test_its_tables_fit_into_a_hundred_columns(url: str, tmp_path: Path) -> None:
    shown = run(
        "evaluate",
        *write_files(tmp_path),
        "--per-brief",
        INFLUENCERFLOW_DATABASE_URL=url,
        INFLUENCERFLOW_HOME=str(tmp_path / "home"),
    )
    assert shown.returncode == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= 100
    assert "bm25" not in shown.stderr.lower()
    for expected in ("nDCG@10", "Judged@10", "en (1)", "lift en", "times Guide's recipe", "ECE", "whole search"):
        assert expected in shown.stdout
    assert kept_vectors(tmp_path / "home" / "cache") > 0


def test_a_creator_that_the_import_refuses_is_one_line_and_leaves_no_database(url: str, tmp_path: Path) -> None:
    options = write_files(tmp_path)
    file = tmp_path / "creators.txt"
    file.write_text(file.read_text(encoding="utf-8").replace('"platform": "tiktok", "channel_name": "dee"', '"x": 1'))
    message = refused_after_progress(
        run("evaluate", *options, INFLUENCERFLOW_DATABASE_URL=url, INFLUENCERFLOW_HOME=str(tmp_path))
    )
    assert "creators.txt, line 4: platform is missing" in message
    assert evaluation_databases(url) == []


def test_a_bad_judgment_is_one_line_before_anything_starts(tmp_path: Path) -> None:
    options = write_files(tmp_path)
    (tmp_path / "qrels.txt").write_text(f"lift 0 {IDS['ana']} x")
    assert "qrels.txt, line 1: the grade" in refused(run("evaluate", *options))


def test_a_role_that_may_not_create_databases_is_told_so(server: EmbeddedServer, url: str, tmp_path: Path) -> None:
    run_sql(server, "DROP ROLE IF EXISTS reader")
    run_sql(server, "CREATE ROLE reader LOGIN PASSWORD 'reader'")
    try:
        limited = psycopg.conninfo.conninfo_to_dict(url)
        reader = (
            f"postgresql://reader:reader@/{limited['dbname']}?host={limited['host']}&port={limited.get('port', 5432)}"
        )
        result = run(
            "evaluate", *write_files(tmp_path), INFLUENCERFLOW_DATABASE_URL=reader, INFLUENCERFLOW_HOME=str(tmp_path)
        )
        assert "may not create the throwaway database" in refused(result)
    finally:
        run_sql(server, "DROP ROLE reader")


def test_a_cache_that_cannot_be_written_is_one_line(url: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    options = [*write_files(tmp_path), "--cache", str(tmp_path / "file")]
    assert "--cache" in refused(run("evaluate", *options, INFLUENCERFLOW_DATABASE_URL=url))
    (tmp_path / "vectors.sqlite3").write_bytes(b"nothing of the kind" * 100)
    options = [*write_files(tmp_path), "--cache", str(tmp_path)]
    assert "delete the file" in refused(run("evaluate", *options, INFLUENCERFLOW_DATABASE_URL=url))


@pytest.mark.slow
def test_ctrl_c_drops_its_database_and_what_a_killed_run_left_behind(
    server: EmbeddedServer, url: str, tmp_path: Path
) -> None:
    options = write_files(tmp_path)
    creators = tmp_path / "creators.txt"
    many = [
        json.dumps({"id": str(uuid5(UUID(int=1), str(n))), "name": f"c{n}", "platform": "x", "about": f"Bio {n} " * 60})
        for n in range(2_000)
    ]
    creators.write_text(creators.read_text(encoding="utf-8") + "\n" + "\n".join(many), encoding="utf-8")
    run_sql(server, "CREATE DATABASE influencerflow_evaluation_killed")
    process = subprocess.Popen(
        [*COMMAND, "evaluate", *options],
        env=environment(INFLUENCERFLOW_DATABASE_URL=url, INFLUENCERFLOW_HOME=str(tmp_path)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    cache = tmp_path / "cache"
    while time.monotonic() < deadline and not ((cache / "vectors.sqlite3").exists() and kept_vectors(cache)):
        time.sleep(0.1)
    running = evaluation_databases(url)
    assert len(running) == 1
    assert running != ["influencerflow_evaluation_killed"]
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert evaluation_databases(url) == []


def refused_after_progress(result: subprocess.CompletedProcess[str]) -> str:
    """Exit code 2, and one readable line after the progress bars."""
    assert result.returncode == 2, result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1
    assert result.stderr.rstrip().endswith(errors[0])
    return errors[0]
