"""Lists of the API: `?limit=` and `?after=`, and the address of what follows in `Link` (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from ..errors import FieldError, Invalid
from . import requests
from .validation import parse

LIMIT = 200  # contract.md


class Page(BaseModel):
    """`?limit=&after=`; without a limit the whole list, which is short in every office that there is."""

    limit: Annotated[int | None, Field(ge=1, le=LIMIT)] = None
    after: Annotated[str | None, Field(max_length=64)] = None


def list_response(request: Request, items: Sequence[Mapping[str, Any]], key: str) -> Response:
    """The part of a list that was asked for; `key` is the member by which `after` names an item.

    Raises Invalid for a limit that is none, and for an `after` that is not in the list.
    """
    page = parse(Page, dict(request.query_params))
    rest = _after(items, key, page.after)
    shown = rest[: page.limit]
    follows = len(rest) > len(shown)
    headers = {"Link": f'<{_next(request, str(shown[-1][key]))}>; rel="next"'} if follows else {}
    return requests.json_response([dict(one) for one in shown], headers=headers)


def _after(items: Sequence[Mapping[str, Any]], key: str, after: str | None) -> Sequence[Mapping[str, Any]]:
    if after is None:
        return items
    for place, one in enumerate(items):
        if str(one[key]) == after:
            return items[place + 1 :]
    raise Invalid(FieldError("after", "not_a_choice"))


def _next(request: Request, after: str) -> str:
    """Relative, so that it is right behind any proxy."""
    url = request.url.include_query_params(after=after)
    return f"{url.path}?{url.query}"
