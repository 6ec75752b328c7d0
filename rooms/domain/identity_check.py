"""Rules of the identity check in a call. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ...core.errors import Refused


class DocumentKind(StrEnum):
    """Kind of an identity document. A residence card is that of a foreigner, with the NIE."""

    DNI = "dni"
    RESIDENCE_CARD = "residence_card"
    PASSPORT = "passport"
    EU_IDENTITY_CARD = "eu_identity_card"
    DRIVING_LICENCE = "driving_licence"
    OTHER = "other"


class DocumentSide(StrEnum):
    """Side that the citizen is asked to show."""

    FRONT = "front"
    BACK = "back"


class IdentityResult(StrEnum):
    """Result of a check."""

    CHECKED = "checked"
    NOT_POSSIBLE = "not_possible"


STEPS = ("front", "back", "face", "data")
WITHOUT_BACK = frozenset({DocumentKind.PASSPORT, DocumentKind.OTHER})  # the page with the picture is enough


def required_steps(document: DocumentKind) -> tuple[str, ...]:
    """Return the steps without which a document of this kind is not checked."""
    return tuple(step for step in STEPS if step != "back" or document not in WITHOUT_BACK)


def check_identity_result(
    result: IdentityResult, document: DocumentKind | None, items: Mapping[str, bool]
) -> None:
    """Check whether the ticked steps allow the result.

    Raises Refused("document_kind_missing" | "identity_steps_missing").
    """
    if result is IdentityResult.NOT_POSSIBLE:
        return
    if document is None:
        raise Refused("document_kind_missing")
    if not all(items.get(step) for step in required_steps(document)):
        raise Refused("identity_steps_missing")
