"""Forms of the manager's console, as a browser without scripts sends them."""

from __future__ import annotations

from ...appointments.support.html_client import CitizenBrowser, HtmlForm, HtmlPage

MAIN_FIELDS = ("loaded", "address", "name")  # fields that only the form of the page has
Typed = str | list[str] | None


def find_form(page: HtmlPage, field: str) -> HtmlForm:
    """Return the form that has this field."""
    return next(form for form in page.forms if form.value(field) is not None)


def form_named(page: HtmlPage, field: str) -> dict[str, str]:
    """Return the values of the form that has this field."""
    return dict(find_form(page, field).values)


async def send_form(browser: CitizenBrowser, page: HtmlPage, step: str, **typed: Typed) -> HtmlPage:
    """Press a button of the form.

    `names__es` stands for the field `names.es`; None leaves a field out.
    """
    changes = {name.replace("__", "."): value for name, value in typed.items()}
    field = next(name for name in MAIN_FIELDS if any(form.value(name) is not None for form in page.forms))
    values = find_form(page, field).filled_values(**changes, step=step)
    return await browser.post(page.path, values)


async def fill(browser: CitizenBrowser, path: str, step: str = "save", **typed: Typed) -> HtmlPage:
    """Open a page and press a button of its form."""
    return await send_form(browser, await browser.get(path), step, **typed)
