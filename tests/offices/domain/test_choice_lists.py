"""Lists that staff choose from: defaults, an office's own list, words of removed outcomes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from office360.core.i18n.catalogues import Catalogues
from office360.offices.domain.choice_lists import (
    choice_text,
    choice_texts,
    evacuation_texts,
    office_choices,
    stored_choices,
)
from office360.offices.service import Office
from office360.server.app import FEATURE_FOLDERS

OWN = {"paid": {"es": "Pagado", "en": "Paid"}, "resolved": {"es": "Hecho"}}


@pytest.fixture
def catalogues() -> Catalogues:
    return Catalogues(FEATURE_FOLDERS)


def with_choices(office: Office, **choices: Any) -> Office:
    return replace(office, choices=choices)


async def test_missing_list_has_default_in_both_languages(office: Office, catalogues: Catalogues) -> None:
    assert office_choices(office, "outcomes", catalogues.localized)["resolved"] == {
        "es": "Resuelto",
        "en": "Resolved",
    }


async def test_no_default_pause_message_sends_people_out(office: Office, catalogues: Catalogues) -> None:
    shown = office_choices(office, "pause_messages", catalogues.localized)
    assert evacuation_texts(office, catalogues.localized)["en"] == "Leave by the nearest exit and wait outside."
    assert not any("exit" in texts["en"] or "outside" in texts["en"] for texts in shown.values())


async def test_evacuation_text_is_not_among_choices(office: Office, catalogues: Catalogues) -> None:
    own = with_choices(office, pause_messages={"evacuation": {"es": "A la plaza."}, "drill": {"es": "Simulacro."}})
    assert list(office_choices(own, "pause_messages", catalogues.localized)) == ["drill"]
    assert evacuation_texts(own, catalogues.localized) == {"es": "A la plaza."}
    assert choice_texts(own, "pause_messages", "evacuation", catalogues.localized) == {"es": "A la plaza."}


async def test_own_list_replaces_default_in_its_order(office: Office, catalogues: Catalogues) -> None:
    own = with_choices(office, outcomes=OWN)
    assert list(office_choices(own, "outcomes", catalogues.localized)) == ["paid", "resolved"]
    assert choice_text(own, "outcomes", "paid", "en", str) == "Paid"
    assert choice_text(own, "outcomes", "resolved", "en", str) == "Hecho"


async def test_removed_outcome_keeps_its_last_words(office: Office, catalogues: Catalogues) -> None:
    stored = stored_choices({"outcomes": OWN}, {"outcomes": {"resolved": {"es": "Hecho"}}})
    later = stored_choices(stored, {})
    own = with_choices(office, **later)
    assert choice_text(own, "outcomes", "paid", "en", str) == "Paid"
    assert choice_text(own, "outcomes", "referred", "en", str) == "Referred to another service"
    assert choice_text(own, "outcomes", "unheard_of", "en", str) == "unheard_of"
    assert "paid" not in office_choices(own, "outcomes", catalogues.localized)


def test_returned_outcome_has_its_new_words_only() -> None:
    stored = stored_choices({"former_outcomes": {"paid": {"es": "Pagado"}}}, {"outcomes": OWN})
    assert stored == {"outcomes": OWN}
