"""The short form of a contact."""

from __future__ import annotations

import pytest
from office360.core.contact.masked_contact import mask_contact


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("amina@example.org", "a•••@example.org"),
        ("a@example.org", "a•••@example.org"),
        ("+34600111222", "6•• ••• •22"),
        ("+33612345678", "+•• ••• ••• •78"),
        ("01SUBSCRIPTION", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_contact_shows_only_its_ends(contact: str | None, shown: str) -> None:
    assert mask_contact(contact) == shown
