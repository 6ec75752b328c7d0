"""Routes of the pages of the manager's console, which its first request imports."""

from __future__ import annotations

from starlette.routing import BaseRoute

from . import audit_page, details_page, undo_page
from .figures import figures_page, mail_page, targets_form, what_if_page
from .hours import closures_page, extra_openings_page, holidays_page, settle_page, week_page
from .look import look_pages
from .people import group_pages, key_pages, people_pages, person_pages, sign_in_rules_page
from .running import messages_page, posters_page, previews_page, screens_page, self_test_page, today_page
from .settings import accepted_texts_page, choice_lists_page, settings_pages
from .setup import desk_forms, line_forms, new_office_page, offices_page, overview_page, service_forms

ROUTES: list[BaseRoute] = [
    *accepted_texts_page.routes,
    *audit_page.routes,
    *choice_lists_page.routes,
    *closures_page.routes,
    *desk_forms.routes,
    *details_page.routes,
    *extra_openings_page.routes,
    *figures_page.routes,
    # before the page of a person, whose path also fits
    *group_pages.routes,
    *holidays_page.routes,
    *key_pages.routes,
    *line_forms.routes,
    *look_pages.routes,
    *new_office_page.routes,
    *offices_page.routes,
    *overview_page.routes,
    *people_pages.routes,
    # before the page of a person, whose path has any id
    *sign_in_rules_page.routes,
    *person_pages.routes,
    *messages_page.routes,
    *posters_page.routes,
    *previews_page.routes,
    *screens_page.routes,
    *service_forms.routes,
    *settings_pages.routes,
    *settle_page.routes,
    *targets_form.routes,
    *self_test_page.routes,
    *today_page.routes,
    *undo_page.routes,
    *week_page.routes,
    *what_if_page.routes,
    *mail_page.routes,
]
