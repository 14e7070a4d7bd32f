"""`match`: a brief from a file, a table a person can read."""

import json
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from influencerflow.campaigns.brief import Brief
from influencerflow.cli.match_table import print_matches
from influencerflow.database.open import open_database
from influencerflow.embeddings.registry import ensure_active_model
from influencerflow.errors import InvalidInputError
from influencerflow.matching.present import explained
from influencerflow.matching.schemas import RunOut, SimilaritySearchRequest, SimilaritySearchResponse
from influencerflow.matching.service import find_matches, page_count
from influencerflow.settings import load_settings


def match(
    brief: Annotated[
        Path, typer.Argument(help="JSON file with the fields of the similarity search; - reads standard input.")
    ],
    limit: Annotated[int | None, typer.Option(help="How many matches, 1-100.")] = None,
    page: Annotated[int | None, typer.Option(help="Which page, from 1.")] = None,
    planned_creators: Annotated[
        int | None, typer.Option(help="How many creators share the budget; 10 if not said.")
    ] = None,
    people_only: Annotated[bool, typer.Option("--people-only", help="No shops, brands, venues or media.")] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the sub-scores, what each rests on, and how creators were found.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The API's response.")] = False,
) -> None:
    """Rank the catalogue for a brief."""
    overrides = {"limit": limit, "page": page, "planned_creators": planned_creators, "people_only": people_only or None}
    request, complete = read_request(brief, overrides)
    explain = explain or request.explain
    settings = load_settings()
    with open_database(settings) as database:
        with database.transaction() as connection:
            ensure_active_model(connection, settings)
        with database.snapshot() as connection:
            found = find_matches(
                connection,
                settings,
                complete,
                request.filters(),
                request.options(),
                page=request.page,
                limit=request.limit,
            )
    pages = page_count(found.matching, request.limit)
    if as_json:
        response = SimilaritySearchResponse(
            matches=found.matches,
            total=found.matching,
            page=request.page,
            pages=pages,
            understood=found.understood,
            explain=explained(found.runs) if explain else None,
        )
        typer.echo(response.model_dump_json(indent=2))
        return
    print_matches(
        found.matches,
        found.understood,
        total_budget=complete.total_budget,
        planned_creators=request.planned_creators,
        explain=explain,
    )
    if explain:
        for name, run in explained(found.runs).items():
            typer.echo(f"{name}: {run.found:,} found, {_way(run)}")
    typer.echo(f"Page {request.page} of {pages}; {found.matching:,} creators pass the filters.")


def _way(run: RunOut) -> str:
    if run.plan == "exact":
        passing = "" if run.estimate is None else f"{run.estimate:,} "
        return f"all {passing}that pass compared" + (
            f", after {run.tried[-1]:,} nearest were too few" if run.tried else ""
        )
    return f"among the {run.scanned:,} nearest of the vector index"


def read_request(path: Path, overrides: dict[str, int | None]) -> tuple[SimilaritySearchRequest, Brief]:
    """Raises InvalidInputError naming the file and what is wrong with it."""
    try:
        raw = typer.get_text_stream("stdin").read() if str(path) == "-" else path.read_text(encoding="utf-8-sig")
        content = json.loads(raw)
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8 JSON.") from None
    except json.JSONDecodeError as error:
        raise InvalidInputError(
            f"{path} is not JSON: {error.msg.removesuffix(' starting at')} in line {error.lineno}, column {error.colno}."
        ) from None
    except RecursionError:
        raise InvalidInputError(f"{path} is nested too deeply to be a brief.") from None
    if not isinstance(content, dict):
        raise InvalidInputError(
            f"{path} holds a {type(content).__name__}, not a brief.", remedy="Write one JSON object."
        )
    fields = {**content, **{name: value for name, value in overrides.items() if value is not None}}
    try:
        return SimilaritySearchRequest.model_validate(fields), Brief.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidInputError(f"{path}: {where + ': ' if where else ''}{message}.") from None
