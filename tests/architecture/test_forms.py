"""Forms are read and answered in one way, by core/web/form_page.py."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
READS_FORM = re.compile(r"\.form\(|read_checked_form\(")
# Why a page reads a form without its check, by path.
UNCHECKED_FORMS = {
    "appointments/web/booking_pages.py": "a form of an old page is shown again and books nothing",
    "chatbot/web/chat_page.py": "a form of an old page is shown again; danger is answered all the same",
    "notifications/web/preferences_page.py": "a mail program unsubscribes with one click, RFC 8058",
    "staff/web/sign_in/oidc_pages.py": "an identity provider calls it, with a signed token",
}


def test_forms_are_read_in_one_place() -> None:
    pages = [path for path in ROOT.glob("*/web/**/*.py") if path.parts[len(ROOT.parts)] not in ("core", "tests")]
    found = {str(path.relative_to(ROOT)) for path in pages if READS_FORM.search(path.read_text())}
    assert found == UNCHECKED_FORMS.keys()
