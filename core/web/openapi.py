"""Descriptions of API calls, listed in a feature's `web/openapi.py`, published by server/.

They have no effect: a call validates its body with the same models, and tests compare its responses with them.
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
    """Access to a call, by the letters of docs/api.md#calls; a role includes the higher ones."""

    PUBLIC = "p"
    TOKEN = "t"  # noqa: S105 - a letter
    AGENT = "a"
    HOST = "h"
    MANAGER = "m"


class ApiResponse(BaseModel, defer_build=True):
    """A JSON object in a response. Later versions may add members, but change none."""


@dataclass(frozen=True, slots=True)
class JsonArray:
    """A JSON array of objects of one model."""

    item: type[BaseModel]


@dataclass(frozen=True, slots=True)
class NonJsonBody:
    """A body of another media type than JSON."""

    media_type: str


BodySchema = type[BaseModel] | JsonArray | NonJsonBody | None


@dataclass(frozen=True, slots=True)
class ApiOperation:
    """One call, without the errors of every call of its kind (not found, not signed in).

    `responses`: successful ones, by status. `error_codes`: the call's own, by status. `allows_api_key`: an
    integration's key may make this staff call. `is_paged`: the call takes `limit` and `after`.
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
    """One rejected field; `field` is a dotted path."""

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
