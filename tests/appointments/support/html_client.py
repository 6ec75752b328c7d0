"""A browser without scripts for tests. Solves the proof of work of forms."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import aiohttp
from office360.core.runtime import Runtime

from ...conftest import AppServer
from .requesters import solve_new_challenge

FormValues = list[tuple[str, str]]


@dataclass
class HtmlForm:
    """One form: its action, the values that it would send, and the options to choose from."""

    action: str
    method: str
    values: FormValues = field(default_factory=list)
    options: FormValues = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    id: str = ""

    def option_values(self, name: str) -> list[str]:
        return [value for field_name, value in self.options if field_name == name]

    def filled_values(self, **changes: str | list[str] | None) -> FormValues:
        """Return the values to send after these changes; None leaves a field out."""
        kept = [(name, value) for name, value in self.values if name not in changes]
        for name, value in changes.items():
            values = [value] if isinstance(value, str) else (value or [])
            kept += [(name, each) for each in values]
        return kept

    def value(self, name: str) -> str | None:
        return next((value for field_name, value in self.values if field_name == name), None)


class _PageParser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[HtmlForm] = []
        self.links: list[str] = []
        self.text: list[str] = []
        self._open: HtmlForm | None = None
        self._silent = 0
        self._textarea: str | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form" and "data-send" not in found:  # those are sent by scripts only
            self._open = HtmlForm(found.get("action", ""), found.get("method", "get"), id=found.get("id", ""))
            self.forms.append(self._open)
        elif tag == "a":
            self.links.append(found.get("href", ""))
        elif tag == "input" and self._open is not None and "name" in found:
            self._input(self._open, found)
        elif tag == "textarea" and self._open is not None:
            self._textarea = found.get("name", "")
            self._open.values.append((self._textarea, ""))
        elif tag == "select":
            self._select = found.get("name", "")
        elif tag == "option" and self._open is not None and self._select:
            self._option(self._open, self._select, found)
        elif tag in ("script", "style"):
            self._silent += 1

    def _input(self, form: HtmlForm, found: dict[str, str]) -> None:
        pair = (found["name"], found.get("value", "on"))
        if found.get("type") in ("radio", "checkbox"):
            form.options.append(pair)
            if "checked" not in found:
                return
        form.values.append(pair)

    @staticmethod
    def _option(form: HtmlForm, name: str, found: dict[str, str]) -> None:
        """Choose the selected option, or the first one as browsers do."""
        chosen = (name, found.get("value", ""))
        form.options.append(chosen)
        if "selected" in found:
            form.values = [pair for pair in form.values if pair[0] != name]
        if name not in {pair[0] for pair in form.values}:
            form.values.append(chosen)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "textarea":
            self._textarea = None
        elif tag == "select":
            self._select = None
        elif tag in ("script", "style"):
            self._silent -= 1

    def handle_data(self, data: str) -> None:
        if self._textarea is not None and self._open is not None:
            name, value = self._open.values[-1]
            self._open.values[-1] = (name, value + data)
            return
        if not self._silent and data.strip():
            self.text.append(" ".join(data.split()))


@dataclass
class HtmlPage:
    """One response and the address after all redirects."""

    status: int
    url: str
    headers: Any
    html: str
    redirect_statuses: tuple[int, ...]
    forms: list[HtmlForm]
    links: list[str]
    text: str

    @property
    def form(self) -> HtmlForm:
        """The first form."""
        return self.forms[0]

    @property
    def path(self) -> str:
        return "/" + self.url.split("/", 3)[3]


class CitizenBrowser:
    """One person's browser: keeps cookies, follows redirects, solves proofs of work."""

    def __init__(self, client: aiohttp.ClientSession, runtime: Runtime) -> None:
        self._client = client
        self._runtime = runtime

    async def get(self, path: str) -> HtmlPage:
        async with self._client.get(path, allow_redirects=True) as response:
            return await _read_page(response)

    async def post_json(self, path: str, body: dict[str, str]) -> tuple[int, Any]:
        """Send a body as the scripts of a page do. Returns the status and the answer."""
        async with self._client.post(path, json=body, headers={"Accept": "application/json"}) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, values: FormValues) -> HtmlPage:
        async with self._client.post(path, data=values, allow_redirects=True) as response:
            return await _read_page(response)

    async def send(self, page: HtmlPage, action: str = "", **changes: str | list[str] | None) -> HtmlPage:
        """Send the page's first form whose action ends with `action`."""
        form = next(form for form in page.forms if form.action.endswith(action))
        if form.value("altcha") == "" and "altcha" not in changes:
            changes["altcha"] = solve_new_challenge(self._runtime)
        values = form.filled_values(**changes)
        path = "/" + urljoin(page.url, form.action).split("/", 3)[3]
        if form.method == "post":
            return await self.post(path, values)
        async with self._client.get(path, params=values) as response:
            return await _read_page(response)


async def _read_page(response: aiohttp.ClientResponse) -> HtmlPage:
    html = await response.text()
    reader = _PageParser()
    reader.feed(html)
    return HtmlPage(
        status=response.status,
        url=str(response.url),
        headers=response.headers,
        html=html,
        redirect_statuses=tuple(redirect.status for redirect in response.history),
        forms=reader.forms,
        links=reader.links,
        text=" ".join(reader.text),
    )


@asynccontextmanager
async def citizen_browser(server: AppServer, language: str = "es") -> AsyncIterator[CitizenBrowser]:
    """Open a browser with cookies of its own."""
    async with server.client() as client:
        person = CitizenBrowser(client, server.runtime)
        if language != "es":
            await person.get(f"/privacy?lang={language}")
        yield person
