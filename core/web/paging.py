"""Lists of the API: `?limit=` and `?after=`, and the address of what follows in `Link` (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from ..errors import FieldError, Invalid
from . import requests
from .validation import parse_model

MAX_PAGE_ITEMS = 200  # contract.md


class PageQuery(BaseModel):
    """`?limit=&after=`; without a limit the whole list, which is short in every office that there is."""

    limit: Annotated[int | None, Field(ge=1, le=MAX_PAGE_ITEMS)] = None
    after: Annotated[str | None, Field(max_length=64)] = None


def paged_response(request: Request, items: Sequence[Mapping[str, Any]], cursor_key: str) -> Response:
    """The part of a list that was asked for; `key` is the member by which `after` names an item.

    Raises Invalid for a limit that is none, and for an `after` that is not in the list.
    """
    page = parse_model(PageQuery, dict(request.query_params))
    rest = _items_after(items, cursor_key, page.after)
    shown = rest[: page.limit]
    follows = len(rest) > len(shown)
    headers = {"Link": f'<{_next_page_url(request, str(shown[-1][cursor_key]))}>; rel="next"'} if follows else {}
    return requests.json_response([dict(one) for one in shown], headers=headers)


def _items_after(items: Sequence[Mapping[str, Any]], key: str, after: str | None) -> Sequence[Mapping[str, Any]]:
    if after is None:
        return items
    for place, one in enumerate(items):
        if str(one[key]) == after:
            return items[place + 1 :]
    raise Invalid(FieldError("after", "not_a_choice"))


def _next_page_url(request: Request, after: str) -> str:
    """Relative, so that it is right behind any proxy."""
    url = request.url.include_query_params(after=after)
    return f"{url.path}?{url.query}"
