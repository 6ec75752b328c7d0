"""The tables of settings in docs/ are those of the code."""

from __future__ import annotations

import pytest

from ..support.documents.setting_tables import DOCS, PAGES, settings_table


@pytest.mark.parametrize("page", PAGES)
def test_documented_settings_are_those_of_the_code(page: str) -> None:
    """Run `make setting-tables` after a change of a setting."""
    assert settings_table(PAGES[page]) in (DOCS / page).read_text()
