"""The API's own description at `/api/openapi.json` (OpenAPI 3.1), put together from every `operations.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ...appointments.web import openapi as appointments
from ...chatbot.web import openapi as chatbot
from ...core.db.idempotency_keys import KEY_LENGTH
from ...core.web import requests
from ...core.web.openapi import PREFIX, Access, Body, Many, Operation, Operations, Problem, Text
from ...core.web.paging import LIMIT
from ...core.web.request_identity import HEADER
from ...precheck.web import openapi as precheck
from ...queue.web import openapi as queue
from ...staff.web import openapi as staff
from . import openapi as offices

Json = dict[str, Any]

OPERATIONS: Operations = {
    **offices.OPERATIONS,
    **appointments.OPERATIONS,
    **queue.OPERATIONS,
    **chatbot.OPERATIONS,
    **precheck.OPERATIONS,
    **staff.OPERATIONS,
}
TITLE = "Office 360"
ABOUT = (
    "Appointments, turns and connection tests of public offices. Times are RFC 3339 with their offset. Errors are "
    "RFC 9457 problems with a stable `code`, in the language of `Accept-Language` (es, en)."
)
SCHEMAS = "#/components/schemas/{model}"
KEY, SESSION = "key", "session"
ROLES: Mapping[Access, str] = {
    Access.PUBLIC: "For everybody.",
    Access.TOKEN: "For whoever holds the token.",
    Access.AGENT: "For agents, hosts, managers and administrators of the office.",
    Access.HOST: "For hosts, managers and administrators of the office.",
    Access.MANAGER: "For managers and administrators of the office.",
}
PROGRAMS = "Also for programs with an integration's key."
PATH_WORDS: Mapping[str, str] = {
    "office": "The office's slug.",
    "desk": "The desk's id, as the board lists it.",
    "id": "An id, as the board lists it.",
    "token": "The secret of its owner.",
    "code": "The code that the citizen dictates, such as K7-42.",
}
REASONS: Mapping[int, str] = {
    200: "Done",
    201: "Made",
    202: "Accepted",
    204: "Nothing to tell",
    400: "It cannot be read",
    401: "Nobody has signed in",
    403: "It may not be done",
    404: "No such thing",
    409: "A rule says no, or somebody was faster",
    410: "It is over",
    422: "Some fields are not acceptable",
    429: "Too often; `Retry-After` says when again",
    503: "It does not work right now; `Retry-After` says when again",
}


@cache
def document() -> Json:
    """The whole description. The same for every installation: its server is where it was read from."""
    schemas = _schemas()
    return {
        "openapi": "3.1.0",
        "info": {"title": TITLE, "version": "1", "summary": "The API of public offices.", "description": ABOUT},
        "servers": [{"url": PREFIX}],
        "security": [],
        "paths": _paths(schemas),
        "components": {"schemas": _published(schemas), "securitySchemes": _security_schemes()},
    }


def _security_schemes() -> Json:
    return {
        KEY: {"type": "http", "scheme": "bearer", "description": "A key of `office360 api-key create`."},
        SESSION: {
            "type": "apiKey",
            "in": "cookie",
            "name": requests.STAFF_COOKIE,
            "description": "A session of the console; needs `Content-Type: application/json`, same origin.",
        },
    }


# The shapes


def _schemas() -> Json:
    """Every model that is taken, asked for or answered, by its name."""
    models: list[type[BaseModel]] = sorted({Problem, *_models()}, key=lambda one: one.__name__)
    _, found = models_json_schema([(one, "validation") for one in models], ref_template=SCHEMAS)
    schemas: Json = found["$defs"]
    return schemas


def _models() -> Iterator[type[BaseModel]]:
    for operation in OPERATIONS.values():
        bodies = [body for answer in operation.answers.values() for body in _each(answer)]
        for body in (operation.takes, operation.query, *bodies):
            model = body.of if isinstance(body, Many) else body
            if isinstance(model, type):
                yield model


def _published(schemas: Json) -> Json:
    """Queries become parameters; they are no shapes of bodies."""
    queries = {one.query.__name__ for one in OPERATIONS.values() if one.query}
    return {name: schema for name, schema in schemas.items() if name not in queries}


def _each(answer: Body | tuple[Body, ...]) -> tuple[Body, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _content(body: Body) -> Json:
    if isinstance(body, Text):
        return {body.media: {"schema": {"type": "string"}}}
    if isinstance(body, Many):
        return {"application/json": {"schema": {"type": "array", "items": _reference(body.of)}}}
    return {"application/json": {"schema": _reference(body)}} if body else {}


def _reference(model: type[BaseModel]) -> Json:
    return {"$ref": SCHEMAS.format(model=model.__name__)}


# The calls


def _paths(schemas: Json) -> Json:
    paths: Json = {}
    for route, operation in OPERATIONS.items():
        method, path = route.split(" ", 1)
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, operation, schemas)
    return paths


def _operation(method: str, path: str, operation: Operation, schemas: Json) -> Json:
    described: Json = {
        "summary": operation.summary,
        "description": " ".join([ROLES[operation.access], *([PROGRAMS] if operation.programs else [])]),
        "operationId": _name(method, path),
        "tags": [path.split("/")[2 if path.startswith("/staff/") else 1]],
        "security": _security(operation.access),
        "parameters": [*_path_parameters(path), *_parameters(method, operation, schemas)],
        "responses": _responses(method, path, operation),
    }
    if operation.takes is not None:
        described["requestBody"] = {"required": _is_needed(operation.takes), "content": _content(operation.takes)}
    return described


def _is_needed(body: Body) -> bool:
    """Whether a call without a body is refused: some field has to be there."""
    return not isinstance(body, type) or any(one.is_required() for one in body.model_fields.values())


def _name(method: str, path: str) -> str:
    """`post_tickets_token_leave`."""
    words = path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
    return "_".join([method.lower(), *words])


def _security(access: Access) -> list[Json]:
    return [] if access in (Access.PUBLIC, Access.TOKEN) else [{KEY: []}, {SESSION: []}]


def _path_parameters(path: str) -> list[Json]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_WORDS[name],
            "schema": {"type": "string"},
        }
        for name in names
    ]


def _parameters(method: str, operation: Operation, schemas: Json) -> list[Json]:
    found = _query_parameters(schemas[operation.query.__name__]) if operation.query else []
    if operation.listed:
        found += [
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": LIMIT}, "At most so many."),
            _parameter("after", {"type": "string"}, "Those after this one; `Link: rel=next` carries it."),
        ]
    if method == "POST":
        text = "A key of the caller's own: the same request again is answered as the first time, for 24 hours."
        found.append(_parameter(HEADER.title(), {"type": "string", "maxLength": KEY_LENGTH}, text, place="header"))
    return found


def _query_parameters(schema: Json) -> list[Json]:
    required = schema.get("required", [])
    return [
        {**_parameter(name, one, one.get("description", "")), "required": name in required}
        for name, one in schema["properties"].items()
    ]


def _parameter(name: str, schema: Json, description: str, *, place: str = "query") -> Json:
    said = {"description": description} if description else {}
    return {"name": name, "in": place, "required": False, "schema": schema, **said}


# What is answered


def _responses(method: str, path: str, operation: Operation) -> Json:
    good = {
        str(status): {"description": REASONS[status], **_answered(answer)}
        for status, answer in operation.answers.items()
    }
    bad = {
        str(status): _problem(status, codes) for status, codes in sorted(_refused(method, path, operation).items())
    }
    return good | bad


def _answered(answer: Body | tuple[Body, ...]) -> Json:
    content: Json = {}
    for body in _each(answer):
        content |= _content(body)
    return {"content": content} if content else {}


def _refused(method: str, path: str, operation: Operation) -> dict[int, list[str]]:
    """The codes of each status: what every such call can answer, and the call's own."""
    found: dict[int, list[str]] = {429: ["rate_limited"], 503: ["unavailable"]}
    if isinstance(operation.takes, type):
        found |= {400: ["malformed"], 422: ["invalid", "invalid_time"]}
    if operation.query or operation.listed:
        found[422] = ["invalid", "invalid_time"]
    if operation.access not in (Access.PUBLIC, Access.TOKEN):
        forged = ["csrf"] if method == "POST" else []  # with a session, from another page than ours
        found |= {401: ["unauthenticated"], 403: ["forbidden", *forged]}
    if "{" in path:
        found[404] = ["not_found"]
    if method == "POST":
        found.setdefault(409, []).append("in_progress")
        found.setdefault(422, []).extend(["invalid", "idempotency_mismatch"])
    for status, codes in operation.refuses.items():
        found.setdefault(status, []).extend(codes)
    return {status: list(dict.fromkeys(codes)) for status, codes in found.items()}


def _problem(status: int, codes: list[str]) -> Json:
    said = ", ".join(f"`{code}`" for code in codes)
    schema = {"allOf": [_reference(Problem)], "properties": {"code": {"examples": codes}}}
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in (429, 503) else {}
    return {
        "description": f"{REASONS[status]}: {said}",
        "content": {"application/problem+json": {"schema": schema}},
        **({"headers": headers} if headers else {}),
    }


async def show(request: Request) -> Response:
    """`GET /api/openapi.json`."""
    return JSONResponse(document(), headers={"Cache-Control": "public, max-age=300"})


routes = [Route("/api/openapi.json", show)]
