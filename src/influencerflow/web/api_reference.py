"""The API's description as `/docs` shows it: operations by tag, what they take and answer, and the schemas they name."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from markupsafe import Markup

from influencerflow.web.messages import t

Json = Mapping[str, Any]
# What a schema may bound, by the message that says it.
_BOUNDS = {
    "minimum": "least", "exclusiveMinimum": "above", "maximum": "most", "exclusiveMaximum": "below",
    "minLength": "letters_least", "maxLength": "letters_most", "minItems": "items_least", "maxItems": "items_most",
}  # fmt: skip
_SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of what says a type; `schema` names the one it leads to."""

    text: str
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """`place` is path or query for a parameter, empty for a field of a schema."""

    name: str
    place: str
    kind: Sequence[Piece]
    bounds: Markup
    required: bool
    description: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    description: str
    kind: Sequence[Piece]
    example: str


@dataclass(frozen=True, slots=True)
class Operation:
    """`request` is a command line that can be pasted; `failures` are the answers that are problem details."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: Sequence[Field]
    body: Sequence[Piece]
    request: str
    answers: Sequence[Answer]
    failures: Sequence[Answer]


@dataclass(frozen=True, slots=True)
class Schema:
    name: str
    description: str
    fields: Sequence[Field]


def operations(document: Json, base: str) -> dict[str, list[Operation]]:
    """By tag, in the document's order. `base` is the server's address, for the requests."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            found.setdefault(described["tags"][0], []).append(_operation(document, base, path, method, described))
    return found


def schemas(document: Json) -> list[Schema]:
    return [
        Schema(name, schema.get("description", ""), _fields(schema))
        for name, schema in sorted(document["components"]["schemas"].items())
    ]


def _operation(document: Json, base: str, path: str, method: str, described: Json) -> Operation:
    body: Json = next(iter(described.get("requestBody", {}).get("content", {}).values()), {})
    answers = [_answer(document, status, answer) for status, answer in described["responses"].items()]
    return Operation(
        described["operationId"],
        method.upper(),
        path,
        described.get("summary", ""),
        described.get("description", ""),
        [_parameter(item) for item in described.get("parameters", ())],
        list(_kind(body["schema"])) if body else (),
        _request(document, base, path, method, described, body),
        [answer for answer in answers if answer.status.startswith("2")],
        [answer for answer in answers if not answer.status.startswith("2")],
    )


def _parameter(item: Json) -> Field:
    # That it may be left out is said by its not being required; nobody can write null in an address.
    options = [option for option in item["schema"].get("anyOf", ()) if option.get("type") != "null"]
    return Field(
        item["name"],
        item["in"],
        list(_kind({"anyOf": options} if options else item["schema"])),
        _bounds(item["schema"]),
        item.get("required", False),
        item.get("description", ""),
    )


def _fields(schema: Json) -> list[Field]:
    required = schema.get("required", ())
    return [
        Field(name, "", list(_kind(item)), _bounds(item), name in required, item.get("description", ""))
        for name, item in schema.get("properties", {}).items()
    ]


def _answer(document: Json, status: str, answer: Json) -> Answer:
    content: Json = next(iter(answer.get("content", {}).values()), {})
    kind = list(_kind(content["schema"])) if "schema" in content else []
    return Answer(status, answer["description"], kind, _written(_example(document, content)))


def _kind(schema: Json) -> Iterator[Piece]:
    """A type in words: `list of string, or null`."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        yield Piece(name, name)
    elif "anyOf" in schema:
        for number, item in enumerate(schema["anyOf"]):
            yield from [Piece(t("reference.or"))] if number else []
            yield from _kind(item)
    elif "enum" in schema or "const" in schema:
        yield Piece(" | ".join(json.dumps(value) for value in schema.get("enum", [schema.get("const")])))
    elif schema.get("type") == "array":
        yield Piece(t("reference.list_of"))
        yield from _kind(schema.get("items", {}))
    else:
        yield Piece(schema.get("format") or schema.get("type") or t("reference.anything"))


def _bounds(schema: Json) -> Markup:
    options = [schema, *schema.get("anyOf", ())]
    said = [
        t(f"reference.bound.{key}", n=item[name]) for item in options for name, key in _BOUNDS.items() if name in item
    ]
    if schema.get("default") is not None:
        said.append(t("reference.bound.default", value=json.dumps(schema["default"])))
    return Markup(", ").join(said)


def _example(document: Json, content: Json) -> Any:
    """An example of a body or an answer: its own, or its schema's; None where there is none."""
    if "example" in content:
        return content["example"]
    schema = content.get("schema", {})
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(_SCHEMAS)]
    return next(iter(schema.get("examples", ())), None)


def _written(example: Any) -> str:
    if example is None:
        return ""
    return example if isinstance(example, str) else json.dumps(example, indent=1, ensure_ascii=False)


def _request(document: Json, base: str, path: str, method: str, described: Json, body: Json) -> str:
    """For a shell; parameters as their examples have them, those of the query only where they have one."""
    query = []
    for item in described.get("parameters", ()):
        example = next(iter(item["schema"].get("examples", ())), None)
        if item["in"] == "path":
            path = path.replace(f"{{{item['name']}}}", quote(str(example or item["name"])))
        elif example is not None:
            query += [(item["name"], str(one)) for one in (example if isinstance(example, list) else [example])]
    address = f"{base}{path}{'?' + urlencode(query) if query else ''}"
    words = ["curl", *(["-X", method.upper()] if method != "get" else []), _quoted(address)]
    if body:
        sent = json.dumps(_example(document, body), ensure_ascii=False)
        words += ["\\\n  -H 'content-type: application/json'", "\\\n  -d", _quoted(sent)]
    return " ".join(words)


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "'\\''") + "'"
