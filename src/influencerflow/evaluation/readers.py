"""Judged briefs from files: creators (JSONL), briefs (JSONL with `qid`) and qrels (TREC). Every refusal names file and line."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from influencerflow.campaigns.brief import Brief
from influencerflow.errors import InvalidInputError

MAX_GRADE = 10

Qrels = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class JudgedBrief:
    qid: str
    brief: Brief
    grades: dict[str, int]


@dataclass(frozen=True, slots=True)
class Collection:
    """`briefs` are those with judgments; `unjudged_briefs` counts the rest, which nothing can be measured on."""

    creators: set[str]
    briefs: list[JudgedBrief]
    unjudged_briefs: int


def read_collection(creators: Path, briefs: Path, qrels: Path) -> Collection:
    ids = read_creator_ids(creators)
    sought = read_briefs(briefs)
    grades = read_qrels(qrels, qids=set(sought), creators=ids)
    judged = [JudgedBrief(qid, brief, grades[qid]) for qid, brief in sought.items() if qid in grades]
    return Collection(ids, judged, len(sought) - len(judged))


def read_creator_ids(path: Path) -> set[str]:
    """The ids; the rest of a line is for the import to read."""
    seen: dict[str, int] = {}
    for number, row in _json_lines(path):
        value = row.get("id")
        creator_id = _uuid(value)
        if creator_id is None:
            what = f"the id {_short(value)} is not a UUID" if value else "the creator has no id"
            raise InvalidInputError(
                f"{path}, line {number}: {what}.", remedy="Give every creator the UUID that the qrels name it by."
            )
        if creator_id in seen:
            raise InvalidInputError(f"{path}, line {number}: the id {creator_id} is that of line {seen[creator_id]}.")
        seen[creator_id] = number
    return set(seen)


def read_briefs(path: Path) -> dict[str, Brief]:
    """Briefs by qid. Fields a brief does not have, such as a narrative for assessors, are left behind here."""
    briefs: dict[str, Brief] = {}
    for number, row in _json_lines(path):
        qid = row.get("qid")
        if not isinstance(qid, str) or not qid.strip() or len(qid.split()) != 1:
            what = "the brief has no qid" if qid in (None, "") else f"the qid {_short(qid)} is not one word of text"
            raise InvalidInputError(
                f"{path}, line {number}: {what}.", remedy='Give every brief the id that the qrels use: "qid": "b01".'
            )
        qid = qid.strip()
        if qid in briefs:
            raise InvalidInputError(f"{path}, line {number}: there is a brief {qid} already.")
        try:
            briefs[qid] = Brief.model_validate({name: row[name] for name in Brief.model_fields if name in row})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InvalidInputError(f"{path}, line {number}: {where}: {first['msg']}.") from None
    return briefs


def read_qrels(path: Path, *, qids: set[str], creators: set[str]) -> Qrels:
    """Grades by brief and creator, from the lines `qid 0 creator_id grade`."""
    qrels: Qrels = {}
    for number, line in _lines(path):
        columns = line.split()
        if len(columns) != 4:
            raise InvalidInputError(
                f"{path}, line {number}: has {len(columns)} columns instead of 4.",
                remedy="Write qid, 0, creator id and grade, separated by tabs or spaces.",
            )
        qid, _, written_id, grade = columns
        creator_id = _uuid(written_id)
        if qid not in qids:
            raise InvalidInputError(f"{path}, line {number}: there is no brief with the qid {_short(qid)}.")
        if creator_id not in creators or creator_id is None:
            raise InvalidInputError(f"{path}, line {number}: there is no creator with the id {_short(written_id)}.")
        if not grade.isascii() or not grade.isdecimal() or len(grade) > 3 or int(grade) > MAX_GRADE:
            raise InvalidInputError(
                f"{path}, line {number}: the grade {_short(grade)} is not an integer from 0 to {MAX_GRADE}.",
                remedy="0 is not relevant, 1 marginal, 2 suitable, 3 highly relevant.",
            )
        of_brief = qrels.setdefault(qid, {})
        if creator_id in of_brief:
            raise InvalidInputError(f"{path}, line {number}: {qid} has a grade for {creator_id} already.")
        of_brief[creator_id] = int(grade)
    return qrels


def _json_lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise InvalidInputError(
                f"{path}, line {number}: is not JSON: {reason}.", remedy="Write one JSON object a line."
            ) from None
        if not isinstance(row, dict):
            raise InvalidInputError(f"{path}, line {number}: is not a JSON object.")
        yield number, row


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, counted from 1. Raises InvalidInputError if there is none."""
    some = False
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    some = True
                    yield number, line
    except OSError as error:
        raise InvalidInputError(f"{path}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise InvalidInputError(f"{path} is not UTF-8 text.", remedy="Save it as UTF-8.") from None
    if not some:
        raise InvalidInputError(f"{path} is empty.")


def _uuid(value: object) -> str | None:
    try:
        return str(UUID(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:59] + "…"
