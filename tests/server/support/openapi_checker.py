"""Check of real API responses against the OpenAPI document."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator
from office360.core.web.api_route import API_PREFIX
from office360.server.web.openapi_document import API_ROUTES, build_openapi_document

JsonValue = Any
OPEN_SCHEMAS = {"Problem"}  # an error may have more members, such as alternatives


def strict_schemas(schemas: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Make schemas that refuse unpublished members."""
    return {
        name: schema
        if name in OPEN_SCHEMAS or "properties" not in schema
        else {**schema, "additionalProperties": False}
        for name, schema in schemas.items()
    }


@dataclass
class DocumentCheckingClient:
    """A client that validates every response against the document."""

    client: aiohttp.ClientSession
    headers: dict[str, str] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    async def call(self, method: str, path: str, body: JsonValue = None, **headers: str) -> tuple[int, JsonValue]:
        """Make a call and return its status and JSON."""
        sent = {"json": body} if body is not None else {}
        async with self.client.request(
            method, API_PREFIX + path, headers={**self.headers, **headers}, **sent
        ) as answer:
            media = answer.content_type
            found = await answer.json(content_type=None) if "json" in media else await answer.text()
            self._check_response(method, path.split("?")[0], answer.status, media, found)
            return answer.status, found

    def _check_response(self, method: str, path: str, status: int, media: str, found: JsonValue) -> None:
        route, operation = find_operation(method, path)
        self.seen.add(route)
        said = operation["responses"].get(str(status))
        assert said is not None, f"{route} answers {status}, which is not published: {found}"
        if "content" not in said:
            assert found == ""
            return
        validate(said["content"][media]["schema"], found)
        if status >= 400:
            assert f"`{found['code']}`" in said["description"], f"{route} refuses with {found['code']}"


def find_operation(method: str, path: str) -> tuple[str, JsonValue]:
    """Find the operation of a path; paths without parameters come first."""
    for template in sorted(build_openapi_document()["paths"], key=lambda path: path.count("{")):
        pattern = re.sub(r"\{\w+\}", "[^/]+", template)
        if re.fullmatch(pattern, path) and method.lower() in build_openapi_document()["paths"][template]:
            return f"{method} {template}", build_openapi_document()["paths"][template][method.lower()]
    raise AssertionError(f"{method} {path} is not published")


def validate(schema: JsonValue, found: JsonValue) -> None:
    whole = {
        **schema,
        "components": {"schemas": strict_schemas(build_openapi_document()["components"]["schemas"])},
    }
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(found)


def valid_body(route: str) -> Any:
    """Return the example of a call's body."""
    return API_ROUTES[route].example or {}
