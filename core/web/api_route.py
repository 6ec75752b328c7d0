"""API calls, each declared once at its route: access, body, answers, errors, limit.

The route checks the caller, parses the body or query, and serialises the answer by its model. The OpenAPI
document, flood limits and tests read the same declaration.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, Generic, TypeVar, cast

from pydantic import BaseModel, TypeAdapter, WithJsonSchema
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from ..auth import Principal, StaffRole, require_role
from ..runtime import Runtime
from . import authentication, requests
from .limited_route import LimitedRoute, WriteLimit
from .paging import select_page
from .validation import parse_model

M = TypeVar("M")

API_PREFIX = "/api/v1"
NO_CONTENT = 204


class ApiAccess(StrEnum):
    """Access to a call, by the letters of docs/api.md#calls; a role includes the higher roles."""

    PUBLIC = "p"
    TOKEN = "t"  # noqa: S105 - a letter
    AGENT = "a"
    HOST = "h"
    MANAGER = "m"


STAFF_ROLES: Mapping[ApiAccess, StaffRole] = {
    ApiAccess.AGENT: StaffRole.AGENT,
    ApiAccess.HOST: StaffRole.HOST,
    ApiAccess.MANAGER: StaffRole.MANAGER,
}

# Texts and numbers as their builder wrote them: only it knows the office's offset, and 20 stays 20, not 20.0.
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Number = Annotated[int | float, WithJsonSchema({"type": "number"})]


def listed_words(words: Iterable[str]) -> WithJsonSchema:
    """Return the schema of a text in answers: it lists the words; others are no error."""
    return WithJsonSchema({"type": "string", "enum": [*words]})


class ApiResponse(BaseModel, defer_build=True):
    """A JSON object in a response. Later versions may add members, but change none."""


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A JSON array of objects of a model."""

    item: type[BaseModel]


@dataclass(frozen=True, slots=True)
class NonJsonBody:
    """A body of another media type than JSON."""

    media_type: str


BodySchema = type[BaseModel] | JsonArray | NonJsonBody | None


class ApiRequest(Request, Generic[M]):
    """A request whose caller and body the route has checked.

    `message`: the parsed body, or query of a call that reads. `staff`: the caller of a call for staff.
    """

    message: M
    staff: Principal

    @property
    def runtime(self) -> Runtime:
        return requests.current_runtime(self)


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer with another status than the first declared, headers, or work after it."""

    content: Any
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    background: BackgroundTask | None = None


class ApiRoute(LimitedRoute):
    """A call, without the errors of every call of its kind (not found, not signed in).

    `call`: method and path without the prefix. `answers`: the successful answers by status; a single model means
    200. `errors`: the call's own codes by status. `allows_key`: an integration's key may make this staff call.
    `cursor`: the call is paged by `limit` and `after`, which names this member. `example`: a body in the document.

    The endpoint returns what the model serialises, None for 204, an ApiAnswer, or a whole Response.
    """

    def __init__(
        self,
        call: str,
        endpoint: Callable[[ApiRequest[M]], Awaitable[Any]],
        summary: str,
        access: ApiAccess,
        answers: BodySchema | Mapping[int, BodySchema | tuple[BodySchema, ...]],
        *,
        body: type[M] | NonJsonBody | None = None,
        query: type[M] | None = None,
        errors: Mapping[int, Sequence[str]] | None = None,
        example: Mapping[str, Any] | None = None,
        limit: WriteLimit = WriteLimit.WRITES,
        allows_key: bool = False,
        cursor: str | None = None,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        method, path = call.split(" ")
        super().__init__(API_PREFIX + path, self._serve, limit, methods=[method], middleware=middleware)
        self.call, self.summary, self.access, self.limit = call, summary, access, limit
        self.answers = answers if isinstance(answers, Mapping) else {200: answers}
        self.body = cast("type[BaseModel] | NonJsonBody | None", body)
        self.query = cast("type[BaseModel] | None", query)
        self.errors: Mapping[int, Sequence[str]] = errors or {}
        self.example, self.allows_key, self.cursor = example, allows_key, cursor
        self._answer_call = endpoint

    async def _serve(self, request: Request) -> Response:
        """Check the caller before the body: a stranger learns nothing about fields."""
        call = ApiRequest[Any](request.scope, request.receive)
        if self.access in STAFF_ROLES:
            call.staff = await self._require_staff(call)
        if self.query is not None:
            call.message = parse_model(self.query, dict(call.query_params))
        elif isinstance(self.body, type):
            call.message = await requests.read_json_body(call, self.body)
        content = await self._answer_call(call)
        return content if isinstance(content, Response) else self._build_response(call, content)

    async def _require_staff(self, request: Request) -> Principal:
        principal, office = await authentication.current_principal(request), request.path_params.get("office")
        is_integration = principal is not None and principal.role is StaffRole.INTEGRATION
        role = StaffRole.INTEGRATION if self.allows_key and is_integration else STAFF_ROLES[self.access]
        return require_role(principal, role, office)

    def _build_response(self, request: Request, content: Any) -> Response:
        answer = content if isinstance(content, ApiAnswer) else ApiAnswer(content)
        headers, shown = {"Cache-Control": "no-store", **answer.headers}, answer.content
        if shown is None:
            return Response(status_code=NO_CONTENT, headers=headers)
        if self.cursor is not None:
            shown, link = select_page(request, shown, self.cursor)
            headers |= link
        status = answer.status or next(iter(self.answers))
        adapter = _json_adapter(self.answers[status])
        # absent members stay absent, such as the token of a ticket for all but its owner
        body = adapter.dump_json(adapter.validate_python(shown), by_alias=True, exclude_unset=True)
        return Response(body, status, headers, "application/json", answer.background)


@cache
def _json_adapter(answer: BodySchema | tuple[BodySchema, ...]) -> TypeAdapter[Any]:
    """Build the adapter of an answer's JSON; of several, the first is JSON."""
    schema: Any = answer[0] if isinstance(answer, tuple) else answer
    return TypeAdapter(list[schema.item] if isinstance(schema, JsonArray) else schema)


class FieldProblem(ApiResponse):
    """A rejected field; `field` is a dotted path."""

    field: str
    code: str
    message: str


class Problem(ApiResponse):
    """An error (RFC 9457) with a stable `code`, in the caller's language."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: list[FieldProblem] = []
    alternatives: list[dict[str, Any]] = []
    nearest: list[datetime] = []
