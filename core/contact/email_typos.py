"""Typing errors in the domain of an e-mail address. Pure."""

from __future__ import annotations

# Domains with many mailboxes. Those that are a single edit away from another domain are never asked about.
USUAL_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "ymail.com",
        "mail.com",
        "gmx.com",
        "gmx.es",
        "hotmail.com",
        "hotmail.es",
        "outlook.com",
        "outlook.es",
        "live.com",
        "msn.com",
        "yahoo.com",
        "yahoo.es",
        "icloud.com",
        "me.com",
        "mac.com",
        "proton.me",
        "protonmail.com",
        "telefonica.net",
        "movistar.es",
        "orange.es",
        "terra.es",
    }
)
REAL_NEIGHBOURS = frozenset({"email.com", "olive.com"})  # a single edit away from a usual domain
# of a usual domain: an edit of a shorter name often gives another real domain
MIN_DOMAIN_LENGTH = 8
NEVER_SUGGESTED = frozenset({"live.com", "mail.com"})  # many real domains are a single edit away


def suggest_email(email: str) -> str | None:
    """Return the address that was probably meant.

    None if the domain is usual, or not close to any usual domain.
    """
    name, _, domain = email.rpartition("@")
    domain = domain.casefold()
    if domain in USUAL_DOMAINS | REAL_NEIGHBOURS:
        return None
    close = (
        usual
        for usual in sorted(USUAL_DOMAINS - NEVER_SUGGESTED)
        if len(usual) >= MIN_DOMAIN_LENGTH and _is_one_edit(domain, usual)
    )
    usual = next(close, None)
    return f"{name}@{usual}" if usual else None


def _is_one_edit(typed: str, meant: str) -> bool:
    """Whether a single inserted, missing, replaced or swapped character is the difference."""
    if typed == meant or abs(len(typed) - len(meant)) > 1:
        return False
    at = next(
        (i for i, (a, b) in enumerate(zip(typed, meant, strict=False)) if a != b), min(len(typed), len(meant))
    )
    rest, meant_rest = typed[at:], meant[at:]
    edits = (
        rest[1:] == meant_rest[1:],
        rest[1:] == meant_rest,
        rest == meant_rest[1:],
        rest[:2] == meant_rest[1::-1] and rest[2:] == meant_rest[2:],
    )
    return any(edits)
