"""Templates: an environment for each language, with date filters and static addresses."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from types import CodeType
from typing import Any

from jinja2 import BytecodeCache, Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.bccache import Bucket
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.datastructures import URL
from starlette.requests import HTTPConnection

from ...core.contact.masked_contact import mask_contact
from ...core.contact.phone_numbers import link_number, link_numbers_in, tel_url
from ...core.i18n import dates
from ...core.i18n.catalogues import Catalogues, agree_with_hour
from ...core.i18n.languages import (
    KNOWN_LANGUAGES,
    Language,
    find_language,
    language_name,
    own_name,
    text_in_language,
)
from ...core.i18n.numbers import format_decimal
from ...core.web import forms, requests
from ...offices.service import Site
from .compression import has_own_address
from .static_files import StaticFolder

_COMMA_BETWEEN_VALUES = re.compile(r"""(?<=[}%]\}),(?= (?:\{[{%]|<))|(?<=join\()", "(?=\))""")


@dataclass(frozen=True, slots=True)
class SiteView:
    """The organisation in the reader's language: the variable `site` of every template."""

    site: Site
    language: str
    then: tuple[str, ...] = ()  # languages of a name that this language lacks

    @property
    def name(self) -> str:
        return self.site.profile.name(self.language, self.then)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.site, name)


class JinjaRenderer:
    """Renders pages and texts with Jinja2; implements core.web.requests.PageRenderer.

    `current_site` returns the organisation at each rendering.
    """

    def __init__(self, folders: Iterable[Path], catalogues: Catalogues, static: StaticFolder) -> None:
        loader = FileSystemLoader([folder / "templates" for folder in folders])
        self._build = partial(_build_environment, loader, SharedTemplates(), catalogues, static)
        self._languages = catalogues.languages
        self._environments: dict[str, Environment] = {}
        self._current_site: Callable[[], Site] = Site
        self._source_url = ""

    def with_site(self, current_site: Callable[[], Site], source_url: str = "") -> JinjaRenderer:
        """Return a renderer of an installation, that shares the parsed templates.

        `source_url`: where the source code of this installation is, for the footers.
        """
        renderer = copy(self)
        renderer._current_site = current_site
        renderer._source_url = source_url
        return renderer

    def render(self, request: HTTPConnection, template: str, context: Mapping[str, Any]) -> str:
        """Render a page in the reader's language."""
        environment = self._environment(requests.current_language(request))
        return environment.get_template(template).render(
            {
                "request": request,
                "site": SiteView(self._current_site(), requests.current_language(request), self._languages.order),
                "source_url": self._source_url,
                "csp_nonce": request.state.csp_nonce,
                "csrf_token": forms.csrf_token(request),
                "now": requests.current_runtime(request).now(),
                "signed_in": getattr(request.state, "signed_in", None),
                "language_urls": self._language_urls(request, context.get("page_url")),
                "form_language_urls": self._language_urls(request, None),
                **context,
            }
        )

    def text(self, language: str, template: str, context: Mapping[str, Any]) -> str:
        """Render a template that is no page, such as an e-mail."""
        site = SiteView(self._current_site(), language, self._languages.order)
        return self._environment(language).get_template(template).render({"site": site, **context})

    def _language_urls(self, request: HTTPConnection, page_url: str | None) -> list[tuple[Language, str]]:
        """Return the page's address in each other language.

        `page_url`: the address that shows a page again which answers a form.
        """
        here = request.url if page_url is None or request.scope["method"] != "POST" else URL(page_url)
        others = self._languages.others(requests.current_language(request))
        urls = ((language, here.include_query_params(lang=language.code)) for language in others)
        # two leading slashes would name another site
        return [(language, f"/{url.path.lstrip('/')}?{url.query}") for language, url in urls]

    def _environment(self, language: str) -> Environment:
        """Return the environment of a language, which is built when it is first needed."""
        code = self._languages.resolve(language)
        if code not in self._environments:
            self._environments[code] = self._build(code)
        return self._environments[code]


class _CommaExtension(Extension):
    """Reads a comma between values, as in `{{ day }}, {{ time }}`, as that of the language."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Write a variable in its place, so that languages share the compiled template."""
        return _COMMA_BETWEEN_VALUES.sub(lambda found: 'comma ~ " "' if '"' in found[0] else "{{ comma }}", source)


class SharedTemplates(BytecodeCache):
    """Compiled templates, which the environments of all languages share.

    Compiling takes 8 ms and 24 KB a template; running its code in another environment takes 0.1 ms.
    """

    def __init__(self) -> None:
        self._code: dict[str, CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.code


def _build_environment(
    loader: FileSystemLoader,
    compiled: BytecodeCache,
    catalogues: Catalogues,
    static: StaticFolder,
    language: str,
) -> Environment:
    environment = Environment(
        loader=loader,
        bytecode_cache=compiled,
        autoescape=True,
        auto_reload=False,  # checking the disk costs a tenth of rendering an e-mail
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", _CommaExtension],
    )
    translations = catalogues.translations(language)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    for name in ("gettext", "ngettext"):
        environment.globals[name] = _agreeing_gettext(environment.globals[name])
    environment.globals.update(
        lang=language,
        direction=KNOWN_LANGUAGES[language].direction,
        comma=KNOWN_LANGUAGES[language].comma,
        own_name=KNOWN_LANGUAGES[language].own_name,
        own_language_name=own_name,
        language_name=partial(language_name, reader=language),
        language_of=partial(find_language, then=catalogues.languages.order),
        text_in=partial(text_in_language, language=language, then=catalogues.languages.order),
        languages=catalogues.languages.languages,
        static=static.url,
        data_url=cache(partial(_data_url, static.path)),
        stylesheets=_build_stylesheets(static),
        page_script_url=_build_page_script_url(static),
    )
    environment.filters.update(
        decimal=partial(format_decimal, language=language),
        time=dates.format_time,
        rfc3339=dates.format_rfc3339,
        day=partial(dates.format_day, language=language),
        date=partial(dates.format_date, language=language),
        short_day=partial(dates.format_short_day, language=language),
        pattern=partial(dates.format_pattern, language=language),
        relative_day=partial(dates.format_relative_day, language=language),
        masked_contact=mask_contact,
        tel=link_number,
        tel_url=tel_url,
        with_tel=link_numbers_in,
    )
    # a global, so that pages call its macros without importing them
    environment.globals["parts"] = environment.get_template("parts.html").module
    return environment


def _build_stylesheets(static: StaticFolder) -> Callable[..., Markup]:
    @pass_context
    def stylesheets(context: Context, *names: str) -> Markup:
        """Put style sheets into the page, which then paints without another round trip.

        A page that leaves uncompressed links them: each from the sources, or the bundle that has them all.
        """
        style = static.read_stylesheets(names) if _is_compressed_page(context) else None
        if style is not None:
            nonce = context["csp_nonce"]
            return Markup('<style nonce="{}">{}</style>').format(nonce, Markup(style))  # noqa: S704 - our own
        links = (f'<link rel="stylesheet" href="{url}">' for url in static.stylesheet_urls(names))
        return Markup("\n".join(links))  # noqa: S704 - addresses of our own files

    return stylesheets


def _is_compressed_page(context: Context) -> bool:
    request: HTTPConnection | None = context.get("request")
    return request is not None and has_own_address(request.scope)


def _build_page_script_url(static: StaticFolder) -> Callable[[Context], str | None]:
    @pass_context
    def page_script_url(context: Context, template: str | None = None) -> str | None:
        """Return the address of the modules of a page, if they are a single file."""
        return static.page_script_url(template or context.name or "")

    return page_script_url


def _data_url(folder: Path, name: str) -> Markup:
    """Return a picture of ours (SVG or PNG) as an address for an attribute in double quotes."""
    if name.endswith(".png"):
        content = "image/png;base64," + b64encode((folder / name).read_bytes()).decode()
    else:
        svg = (folder / name).read_text().strip().replace('"', "'")
        content = "image/svg+xml," + svg.replace("%", "%25").replace("#", "%23")
    return Markup("data:" + content)  # noqa: S704 - our own file


def _agreeing_gettext(translate: Any) -> Callable[..., str]:
    """Let sentences agree with their hours: Jinja fills them in itself, as Markup."""

    @pass_context
    def translate_and_agree(context: Context, *sentence: Any, **values: Any) -> str:
        text: str = translate(context, *sentence, **values)
        return type(text)(agree_with_hour(text))

    return translate_and_agree
