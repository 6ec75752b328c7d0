"""Typing errors in the domain of an e-mail address."""

from __future__ import annotations

import pytest
from office360.core.contact.email_typos import USUAL_DOMAINS, suggest_email


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gmial.com", "gmail.com"),
        ("gmil.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("GMAIL.CON", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("hotmail.ess", "hotmail.es"),
        ("outlok.es", "outlook.es"),
        ("yaho.com", "yahoo.com"),
    ],
)
def test_one_edit_of_a_usual_domain_is_asked_about(typed: str, meant: str) -> None:
    assert suggest_email(f"amina@{typed}") == f"amina@{meant}"


@pytest.mark.parametrize(
    "domain",
    [
        *sorted(USUAL_DOMAINS),
        "example.org",
        "madrid.es",
        "gmail.de",
        "gmx.de",
        "email.com",
        "olive.com",
        "lice.com",
    ],
)
def test_other_domain_is_not_asked_about(domain: str) -> None:
    assert suggest_email(f"amina@{domain}") is None
