"""Paging of API lists: `?limit=` and `?after=`, and the next page in `Link` (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field
from starlette.requests import Request

from ..errors import FieldError, Invalid
from .validation import parse_model

MAX_PAGE_ITEMS = 200  # docs/api.md#lists


class PageQuery(BaseModel, defer_build=True):
    """`?limit=&after=`; without a limit the whole list, which is short in an office."""

    limit: Annotated[int | None, Field(ge=1, le=MAX_PAGE_ITEMS)] = None
    after: Annotated[str | None, Field(max_length=64)] = None


def select_page(
    request: Request, items: Sequence[Mapping[str, Any]], cursor_key: str
) -> tuple[Sequence[Mapping[str, Any]], dict[str, str]]:
    """Return the requested page of a list, and the `Link` to the next.

    `cursor_key`: the member that `after` names. Raises Invalid for a wrong limit, and for an `after` that is not
    in the list.
    """
    page = parse_model(PageQuery, dict(request.query_params))
    rest = _items_after(items, cursor_key, page.after)
    page_items = rest[: page.limit]
    if len(rest) == len(page_items):
        return page_items, {}
    return page_items, {"Link": f'<{_next_page_url(request, str(page_items[-1][cursor_key]))}>; rel="next"'}


def _items_after(items: Sequence[Mapping[str, Any]], key: str, after: str | None) -> Sequence[Mapping[str, Any]]:
    if after is None:
        return items
    for index, item in enumerate(items):
        if str(item[key]) == after:
            return items[index + 1 :]
    raise Invalid(FieldError("after", "not_a_choice"))


def _next_page_url(request: Request, after: str) -> str:
    """Build a relative address, which is right behind every proxy."""
    url = request.url.include_query_params(after=after)
    return f"{url.path}?{url.query}"
