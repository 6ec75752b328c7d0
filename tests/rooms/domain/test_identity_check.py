"""Which ticked steps make an identity check."""

from __future__ import annotations

import pytest
from office360.core.errors import Refused
from office360.rooms.domain.identity_check import STEPS, DocumentKind, IdentityResult, check_identity_result

ALL = dict.fromkeys(STEPS, True)
NO_BACK = {**ALL, "back": False}


@pytest.mark.parametrize(
    ("document", "items", "code"),
    [
        (None, ALL, "document_kind_missing"),
        (DocumentKind.DNI, NO_BACK, "identity_steps_missing"),
        (DocumentKind.DNI, {**ALL, "face": False}, "identity_steps_missing"),
        (DocumentKind.PASSPORT, {}, "identity_steps_missing"),
    ],
)
def test_check_needs_kind_and_every_step(document: DocumentKind | None, items: dict[str, bool], code: str) -> None:
    with pytest.raises(Refused, match=code):
        check_identity_result(IdentityResult.CHECKED, document, items)


def test_passport_has_no_back_and_a_failed_check_no_steps() -> None:
    check_identity_result(IdentityResult.CHECKED, DocumentKind.DNI, ALL)
    check_identity_result(IdentityResult.CHECKED, DocumentKind.PASSPORT, NO_BACK)
    check_identity_result(IdentityResult.NOT_POSSIBLE, None, {})
