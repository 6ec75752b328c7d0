"""What one call of the API takes and answers: said in each folder's `operations.py`, published by `server/`.

It describes and does nothing: the call reads with the same models, and tests compare its answers with these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import BaseModel

API_PREFIX = "/api/v1"


class ApiAccess(StrEnum):
    """Who may call, in the letters of contract.md: everybody, whoever holds the token, staff from a role up."""

    PUBLIC = "p"
    TOKEN = "t"  # noqa: S105 - a letter
    AGENT = "a"
    HOST = "h"
    MANAGER = "m"


class ApiResponse(BaseModel):
    """A JSON object that the API answers. More members may come; none changes its meaning."""


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A JSON array of these."""

    item: type[BaseModel]


@dataclass(frozen=True, slots=True)
class NonJsonBody:
    """A body that is no JSON, by its media type."""

    media_type: str


BodySchema = type[BaseModel] | JsonArray | NonJsonBody | None


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One call. What every call of its kind refuses (no such thing, not signed in, too often) is not said again.

    `answers`: the good ones, by status. `refuses`: the codes of its own, by status. `programs`: whether an
    integration's key may call what is for staff. `listed`: whether it takes `limit` and `after`.
    """

    summary: str
    access: ApiAccess
    responses: Mapping[int, BodySchema | tuple[BodySchema, ...]]
    request_body: BodySchema = None
    query_model: type[BaseModel] | None = None
    error_codes: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    allows_api_key: bool = False
    is_paged: bool = False


ApiOperations = Mapping[str, ApiOperation]  # by method and path without the prefix: `POST /tickets/{token}/leave`


class FieldProblem(ApiResponse):
    """One field that is not acceptable; `field` is a dotted path."""

    field: str
    code: str
    message: str


class Problem(ApiResponse):
    """What went wrong (RFC 9457), with a stable `code`, in the caller's language."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: list[FieldProblem] = []
    alternatives: list[dict[str, Any]] = []
    nearest: list[datetime] = []
