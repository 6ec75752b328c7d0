"""OpenAPI 3.1 document, built from the declarations of the API's routes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from ...appointments.web import routes as appointments_web
from ...chatbot.web import routes as chatbot_web
from ...core.db.idempotency_keys import MAX_KEY_LENGTH
from ...core.i18n.languages import LANGUAGES
from ...core.json_types import JsonObject
from ...core.web import authentication
from ...core.web.api_route import (
    API_PREFIX,
    STAFF_ROLES,
    ApiAccess,
    ApiRoute,
    BodySchema,
    JsonArray,
    NonJsonBody,
    Problem,
)
from ...core.web.paging import MAX_PAGE_ITEMS
from ...core.web.request_identity import IDEMPOTENCY_KEY_HEADER
from ...figures.web import routes as figures_web
from ...precheck.web import routes as precheck_web
from ...queue.domain.line import CallReason
from ...queue.domain.ticket import TicketKind, TicketPriority, TicketState
from ...queue.web import routes as queue_web
from ...rooms.web import routes as rooms_web
from ...staff.web import routes as staff_web
from . import api

API_ROUTES: Mapping[str, ApiRoute] = {
    route.call: route
    for route in (
        *api.routes,
        *appointments_web.ROUTES,
        *figures_web.ROUTES,
        *queue_web.ROUTES,
        *chatbot_web.ROUTES,
        *precheck_web.ROUTES,
        *precheck_web.TEST_ROUTES,
        *rooms_web.ROUTES,
        *staff_web.ROUTES,
    )
    if isinstance(route, ApiRoute)
}
TITLE = "Office 360"
DESCRIPTION = (
    "Appointments, turns and connection tests of public offices. Times are RFC 3339 with their offset. Errors are "
    f"RFC 9457 problems with a stable `code`, in the language of `Accept-Language` ({', '.join(LANGUAGES)})."
)
SCHEMA_REFERENCE = "#/components/schemas/{model}"
# Published component names of classes that have another name; clients were generated from them.
PUBLISHED_NAMES: Mapping[type[Enum], str] = {
    TicketState: "State",
    TicketKind: "Kind",
    TicketPriority: "Priority",
    CallReason: "Why",
}
SECURITY_SCHEMES: Mapping[str, JsonObject] = {
    "key": {"type": "http", "scheme": "bearer", "description": "A key of `office360 api-key create`."},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": authentication.STAFF_COOKIE,
        "description": "A session of the console; needs `Content-Type: application/json`, same origin.",
    },
}
ACCESS_DESCRIPTIONS: Mapping[ApiAccess, str] = {
    ApiAccess.PUBLIC: "For everybody.",
    ApiAccess.TOKEN: "For the holder of the token.",
    ApiAccess.AGENT: "For agents, hosts, managers and administrators of the office.",
    ApiAccess.HOST: "For hosts, managers and administrators of the office.",
    ApiAccess.MANAGER: "For managers and administrators of the office.",
}
API_KEY_DESCRIPTION = "Also for programs with an integration's key."
PATH_PARAMETER_DESCRIPTIONS: Mapping[str, str] = {
    "channel": "A channel that people choose, such as sms.",
    "office": "The office's slug.",
    "desk": "The desk's id, as the board lists it.",
    "id": "An id, as the board lists it.",
    "appointment": "The appointment's id, as the board lists it.",
    "token": "The secret of its owner.",
    "code": "The code that the citizen dictates, such as K7-42.",
}
STATUS_DESCRIPTIONS: Mapping[int, str] = {
    200: "Done",
    201: "Made",
    202: "Accepted",
    204: "Nothing to tell",
    400: "The request cannot be parsed",
    401: "The caller is not signed in, or sent a key that is wrong or revoked",
    403: "The caller may not do this",
    404: "It does not exist",
    409: "A rule refuses it, or another request was first",
    410: "It is over",
    422: "Some fields are not acceptable",
    429: "Too many requests; `Retry-After` gives the wait",
    503: "It does not work right now; `Retry-After` says when again",
}


@cache
def build_openapi_document() -> JsonObject:
    """Build the document, which is the same for every installation: its server is relative."""
    schemas = _model_schemas()
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": "1",
            "summary": "The API of public offices.",
            "description": DESCRIPTION,
        },
        "servers": [{"url": API_PREFIX}],
        "security": [],
        "paths": _paths(schemas),
        "components": {"schemas": _component_schemas(schemas), "securitySchemes": SECURITY_SCHEMES},
    }


# Schemas


def _model_schemas() -> JsonObject:
    """Build the schemas of all models of bodies, queries and responses, by name."""
    models: list[type[BaseModel]] = sorted({Problem, *_operation_models()}, key=lambda model: model.__name__)
    _, definitions = models_json_schema([(model, "validation") for model in models], ref_template=SCHEMA_REFERENCE)
    names = {enum.__name__: name for enum, name in PUBLISHED_NAMES.items()}
    references = {_reference(class_name): _reference(name) for class_name, name in names.items()}
    schemas: JsonObject = {
        names.get(class_name, class_name): _replace_references(schema, references)
        for class_name, schema in definitions["$defs"].items()
    }
    for name in names.values():
        schemas[name]["title"] = name
    for name in _request_schema_names(schemas):
        if schemas[name].get("type") == "object":
            schemas[name]["additionalProperties"] = False  # read_json_body rejects unknown fields
    return schemas


def _request_schema_names(schemas: JsonObject) -> set[str]:
    """Return the names of the schemas of request bodies, and of the objects in them."""
    bodies = [route.body for route in API_ROUTES.values()]
    open_names, names = [body.__name__ for body in bodies if isinstance(body, type)], set[str]()
    while open_names:
        if (name := open_names.pop()) not in names:
            names.add(name)
            open_names += [reference.removeprefix(_reference("")) for reference in _references(schemas[name])]
    return names


def _references(schema: Any) -> Iterator[str]:
    """List the targets of every `$ref` in a JSON schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from _references(part)
    elif isinstance(schema, dict):
        for key, part in schema.items():
            yield from [part] if key == "$ref" else _references(part)


def _replace_references(schema: Any, references: Mapping[str, str]) -> Any:
    """Replace the target of every `$ref` in a JSON schema."""
    if isinstance(schema, list):
        return [_replace_references(part, references) for part in schema]
    if not isinstance(schema, dict):
        return schema
    replaced = {key: _replace_references(part, references) for key, part in schema.items()}
    reference = replaced.get("$ref")
    return {**replaced, "$ref": references.get(reference, reference)} if isinstance(reference, str) else replaced


def _operation_models() -> Iterator[type[BaseModel]]:
    for route in API_ROUTES.values():
        bodies = [body for answer in route.answers.values() for body in _as_tuple(answer)]
        for body in (route.body, route.query, *bodies):
            model = body.item if isinstance(body, JsonArray) else body
            if isinstance(model, type):
                yield model


def _component_schemas(schemas: JsonObject) -> JsonObject:
    """Select the schemas of bodies; those of queries become parameters."""
    queries = {route.query.__name__ for route in API_ROUTES.values() if route.query}
    return {name: schema for name, schema in schemas.items() if name not in queries}


def _as_tuple(answer: BodySchema | tuple[BodySchema, ...]) -> tuple[BodySchema, ...]:
    return answer if isinstance(answer, tuple) else (answer,)


def _body_content(body: BodySchema, example: Mapping[str, Any] | None = None) -> JsonObject:
    if isinstance(body, NonJsonBody):
        return {body.media_type: {"schema": {"type": "string"}}}
    if isinstance(body, JsonArray):
        return {"application/json": {"schema": {"type": "array", "items": _schema_reference(body.item)}}}
    shown = {} if example is None else {"example": example}
    return {"application/json": {"schema": _schema_reference(body), **shown}} if body else {}


def _schema_reference(model: type[BaseModel]) -> JsonObject:
    return {"$ref": _reference(model.__name__)}


def _reference(name: str) -> str:
    return SCHEMA_REFERENCE.format(model=name)


# Operations


def _paths(schemas: JsonObject) -> JsonObject:
    paths: JsonObject = {}
    for call, route in API_ROUTES.items():
        method, path = call.split(" ")
        paths.setdefault(path, {})[method.lower()] = _describe_operation(method, path, route, schemas)
    return paths


def _describe_operation(method: str, path: str, route: ApiRoute, schemas: JsonObject) -> JsonObject:
    described: JsonObject = {
        "summary": route.summary,
        "description": " ".join(
            [ACCESS_DESCRIPTIONS[route.access], *([API_KEY_DESCRIPTION] if route.allows_key else [])]
        ),
        "operationId": _operation_id(method, path),
        "tags": [path.split("/")[2 if path.startswith("/staff/") else 1]],
        "security": [{scheme: []} for scheme in SECURITY_SCHEMES] if route.access in STAFF_ROLES else [],
        "parameters": [*_path_parameters(path), *_operation_parameters(method, route, schemas)],
        "responses": _responses(method, path, route),
    }
    if route.body is not None:
        described["requestBody"] = {
            "required": _is_body_required(route.body),
            "content": _body_content(route.body, route.example),
        }
    return described


def _is_body_required(body: BodySchema) -> bool:
    """Tell whether a call without a body is refused, because a field is required."""
    return not isinstance(body, type) or any(field.is_required() for field in body.model_fields.values())


def _operation_id(method: str, path: str) -> str:
    """Build an id such as `post_tickets_token_leave`."""
    words = path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
    return "_".join([method.lower(), *words])


def _path_parameters(path: str) -> list[JsonObject]:
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": PATH_PARAMETER_DESCRIPTIONS[name],
            "schema": {"type": "string"},
        }
        for name in names
    ]


def _operation_parameters(method: str, route: ApiRoute, schemas: JsonObject) -> list[JsonObject]:
    parameters = _query_parameters(schemas[route.query.__name__]) if route.query else []
    if route.cursor is not None:
        parameters += [
            _parameter("limit", {"type": "integer", "minimum": 1, "maximum": MAX_PAGE_ITEMS}, "At most so many."),
            _parameter("after", {"type": "string"}, "Those after this one; `Link: rel=next` carries it."),
        ]
    if method == "POST":
        text = "A key of the caller's own: the same request again is answered as the first time, for 24 hours."
        parameters.append(
            _parameter(
                IDEMPOTENCY_KEY_HEADER.title(),
                {"type": "string", "maxLength": MAX_KEY_LENGTH},
                text,
                place="header",
            )
        )
    return parameters


def _query_parameters(schema: JsonObject) -> list[JsonObject]:
    required = schema.get("required", [])
    return [
        {**_parameter(name, member, member.get("description", "")), "required": name in required}
        for name, member in schema["properties"].items()
    ]


def _parameter(name: str, schema: JsonObject, description: str, *, place: str = "query") -> JsonObject:
    described = {"description": description} if description else {}
    return {"name": name, "in": place, "required": False, "schema": schema, **described}


# Responses


def _responses(method: str, path: str, route: ApiRoute) -> JsonObject:
    good = {
        str(status): {"description": STATUS_DESCRIPTIONS[status], **_response_content(answer)}
        for status, answer in route.answers.items()
    }
    bad = {
        str(status): _problem_response(status, codes)
        for status, codes in sorted(_error_codes_by_status(method, path, route).items())
    }
    return good | bad


def _response_content(answer: BodySchema | tuple[BodySchema, ...]) -> JsonObject:
    content = {media: schema for body in _as_tuple(answer) for media, schema in _body_content(body).items()}
    return {"content": content} if content else {}


def _error_codes_by_status(method: str, path: str, route: ApiRoute) -> dict[int, list[str]]:
    """List the error codes by status: those of every such call, and the call's own."""
    codes_by_status: dict[int, list[str]] = {
        401: ["unauthenticated"],  # also for a wrong key beside a public call
        429: ["rate_limited"],
        503: ["unavailable"],
    }
    if isinstance(route.body, type):
        codes_by_status |= {400: ["malformed"], 422: ["invalid", "invalid_time", "unknown_field"]}
    if route.query or route.cursor is not None:
        codes_by_status[422] = ["invalid", "invalid_time"]
    if route.access in STAFF_ROLES:
        # with a session, from another page than ours
        forged = ["csrf"] if method == "POST" else []
        codes_by_status[403] = ["forbidden", *forged]
    if "{" in path:
        codes_by_status[404] = ["not_found"]
    if method == "POST":
        codes_by_status.setdefault(409, []).append("in_progress")
        codes_by_status.setdefault(422, []).extend(["invalid", "idempotency_mismatch"])
    for status, codes in route.errors.items():
        codes_by_status.setdefault(status, []).extend(codes)
    return {status: list(dict.fromkeys(codes)) for status, codes in codes_by_status.items()}


def _problem_response(status: int, codes: list[str]) -> JsonObject:
    listed = ", ".join(f"`{code}`" for code in codes)
    schema = {"allOf": [_schema_reference(Problem)], "properties": {"code": {"examples": codes}}}
    headers = {"Retry-After": {"schema": {"type": "integer"}}} if status in (429, 503) else {}
    return {
        "description": f"{STATUS_DESCRIPTIONS[status]}: {listed}",
        "content": {"application/problem+json": {"schema": schema}},
        **({"headers": headers} if headers else {}),
    }
