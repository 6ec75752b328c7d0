"""Templates: one Jinja environment per language, with date filters and static addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import URL
from starlette.requests import HTTPConnection

from ...core.i18n import dates
from ...core.i18n.catalogues import LANGUAGES, Catalogues
from ...core.web import forms, requests
from .static_files import StaticFolder


class JinjaRenderer:
    """Renders pages and texts with Jinja2; implements core.web.requests.PageRenderer."""

    def __init__(
        self, folders: Iterable[Path], catalogues: Catalogues, static: StaticFolder, site: Mapping[str, Any]
    ) -> None:
        loader = FileSystemLoader([folder / "templates" for folder in folders])
        self._environments = {
            language: _build_environment(loader, catalogues, static, language, site) for language in LANGUAGES
        }

    def render(self, request: HTTPConnection, template: str, context: Mapping[str, Any]) -> str:
        """Render a page in the reader's language."""
        environment = self._environments[requests.current_language(request)]
        return environment.get_template(template).render(
            {
                "request": request,
                "csp_nonce": request.state.csp_nonce,
                "csrf_token": forms.csrf_token(request),
                "now": requests.current_runtime(request).now(),
                "other_language_url": _other_language_url(request, context.get("page_url")),
                **context,
            }
        )

    def text(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """Render a template that is no page, such as an e-mail."""
        return self._environments[language].get_template(template).render(context)


def _build_environment(
    loader: FileSystemLoader,
    catalogues: Catalogues,
    static: StaticFolder,
    language: str,
    site: Mapping[str, Any],
) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=True,
        auto_reload=False,  # checking the disk costs a tenth of rendering an e-mail
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
    )
    translations = catalogues.translations(language)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(lang=language, static=static.url, **site)
    environment.filters.update(_date_filters(language))
    environment.globals["parts"] = environment.get_template("parts.html").module
    return environment


def _date_filters(language: str) -> dict[str, Any]:
    def day(moment: datetime, zone: tzinfo) -> str:
        return dates.format_day(moment, zone, language)

    def short_day(moment: datetime, zone: tzinfo) -> str:
        return dates.format_short_day(moment, zone, language)

    def pattern(moment: datetime, zone: tzinfo, cldr: str) -> str:
        return dates.format_pattern(moment, zone, language, cldr)

    def relative_day(moment: datetime, zone: tzinfo, now: datetime) -> str:
        return dates.format_relative_day(moment, zone, language, now)

    return {
        "time": dates.format_time,
        "rfc3339": dates.format_rfc3339,
        "day": day,
        "short_day": short_day,
        "pattern": pattern,
        "relative_day": relative_day,
    }


def _other_language_url(request: HTTPConnection, page_url: str | None) -> str:
    """Return the address of the page in the other language.

    `page_url`: the address that shows a page again which answers a form.
    """
    other = "en" if requests.current_language(request) == "es" else "es"
    here = request.url if page_url is None or request.scope["method"] != "POST" else URL(page_url)
    url = here.include_query_params(lang=other)
    return f"/{url.path.lstrip('/')}?{url.query}"  # two leading slashes would name another site
