"""Search of offices by town or street, for lists that are too long to look through. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from ...core.i18n.text_search import is_search_match

# A phone shows two or three offices at once; a list of seven is looked through faster than a word is typed.
SEARCHED_FROM_OFFICES = 8
MAX_QUERY_CHARACTERS = 80


class Addressed(Protocol):
    """An office as a page or the assistant knows it: with a name and an address."""

    @property
    def name(self) -> str: ...

    @property
    def address(self) -> str: ...


AddressedT = TypeVar("AddressedT", bound=Addressed)


def find_offices_by_place(offices: Iterable[AddressedT], query: str) -> list[AddressedT]:
    """Find the offices whose name or address contains the words; all of them without a word.

    Case and accents do not matter.
    """
    if not query.strip():
        return list(offices)
    return [office for office in offices if is_search_match(query, (office.name, office.address))]


def searched_place(values: Mapping[str, str]) -> str:
    """Return the words that an address or form searches for, `q`; empty without any."""
    return values.get("q", "").strip()[:MAX_QUERY_CHARACTERS]
