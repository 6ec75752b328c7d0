"""Security of every page: headers, languages, forged forms, error details."""

from __future__ import annotations

import gzip
import re

import pytest
from office360.core.auth import StaffRole
from office360.core.runtime import Runtime
from office360.core.tokens import unmask_signature
from office360.server.settings import load_settings

from ...conftest import TEST_SECRET, AppServer, FakeClock, serve_app
from ...rooms.support.video_appointments import AT, book_video_appointment
from ...staff.conftest import fetch_csrf_token
from .test_access import PAGE_ROWS, Caller, caller_headers

PAGES = ["/", "/turn", "/accessibility", "/privacy", "/appointments/new", "/staff/"]


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_has_security_headers(app_server: AppServer, path: str) -> None:
    async with app_server.client() as client, client.get(path) as page:
        assert page.status == 200
        policy = page.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["x-content-type-options"] == "nosniff"
        assert "camera=(self)" in page.headers["permissions-policy"]
        assert "strict-transport-security" not in page.headers
        assert "server" not in page.headers


@pytest.mark.parametrize("path", PAGES)
async def test_pages_have_no_external_resource_or_inline_code(app_server: AppServer, path: str) -> None:
    async with app_server.client() as client, client.get(path) as page:
        html = await page.text()
    assert re.findall(r'(?:src|href)="(?:https?:)?//', html) == []
    assert re.findall(r"<[^>]+\sstyle=", html) == []
    assert re.findall(r"<[^>]+\son\w+=", html) == []
    for script in re.findall(r"<script[^>]*>", html):
        assert "nonce=" in script or 'type="application/json"' in script


async def test_each_response_has_own_nonce(app_server: AppServer) -> None:
    async with app_server.client() as client:
        nonces = set()
        for _ in range(2):
            async with client.get("/") as page:
                nonces.add(re.search(r"'nonce-([^']+)'", page.headers["content-security-policy"]).group(1))  # type: ignore[union-attr]
    assert len(nonces) == 2


async def test_https_site_sends_hsts_header(database_url: str, office: object, clock: FakeClock) -> None:
    settings = load_settings(
        secret_key=[TEST_SECRET], database_url=database_url, public_url="https://citas.example.org"
    )
    from office360.server.web.security_headers import security_headers

    scope = {"type": "http", "headers": [(b"host", b"citas.example.org")], "state": {"csp_nonce": "n"}}
    assert settings.environment == "production"
    assert "max-age=63072000" in security_headers(scope, https=True)["strict-transport-security"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("en", "en"),
        ("en-GB,en;q=0.9", "en"),
        ("es;q=0.5, en;q=0.8", "en"),
        ("ca,es;q=0.9,en;q=0.8", "es"),
        ("fr, en;q=0.1", "en"),
        ("EN ; Q=0.9, es;q=0.2", "en"),
        ("en;q=0, fr", "es"),
        ("en;q=much", "es"),
        ("fr,*;q=0.5", "es"),
        ("english,,;;=", "es"),
        ("", "es"),
    ],
)
async def test_first_visit_has_language_of_browser(app_server: AppServer, accepted: str, language: str) -> None:
    async with app_server.client() as client, client.get("/", headers={"Accept-Language": accepted}) as page:
        assert f'<html lang="{language}"' in await page.text()
        assert page.headers["Vary"] == "Accept-Encoding, Accept-Language, Cookie"
        assert "office360_lang" not in page.cookies, "only a choice is kept"


async def test_chosen_language_is_kept_against_the_browser(app_server: AppServer) -> None:
    async with app_server.client(headers={"Accept-Language": "es"}) as client:
        for path in ("/o/centro?lang=en", "/privacy", "/?lang=xx"):  # a poster's link, and what follows it
            async with client.get(path) as page:
                assert '<html lang="en"' in await page.text()


async def test_files_for_all_do_not_vary(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/api/openapi.json") as answer:
        assert answer.headers["Vary"] == "Accept-Encoding"


async def test_api_uses_accepted_language(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for language, text in (
            ("en-GB,en;q=0.9", "We cannot find what you are looking for."),
            ("es", "No encontramos lo que buscas."),
        ):
            async with client.get("/api/v1/offices/sur/services", headers={"Accept-Language": language}) as answer:
                problem = await answer.json()
                assert answer.status == 404
                assert answer.content_type == "application/problem+json"
                assert problem["code"] == "not_found"
                assert problem["detail"] == text


async def test_script_request_gets_language_of_page(app_server: AppServer) -> None:
    ours = {"Accept-Language": "en", "Sec-Fetch-Site": "same-origin"}
    async with app_server.client() as client:
        async with client.get("/api/v1/offices/sur/services", headers=ours) as answer:
            assert (await answer.json(content_type=None))["detail"] == "We cannot find what you are looking for."
        async with client.get("/?lang=es"):
            pass
        async with client.get("/api/v1/offices/sur/services", headers=ours) as answer:
            assert (await answer.json(content_type=None))["detail"] == "No encontramos lo que buscas."


async def test_unknown_page_suggests_next_step(app_server: AppServer) -> None:
    async with app_server.client() as client, client.get("/nowhere") as page:
        html = await page.text()
        assert page.status == 404
        assert "/appointments/find" in html
        assert "Traceback" not in html


async def test_form_without_csrf_token_is_refused(app_server: AppServer) -> None:
    async with app_server.client() as client, client.post("/staff/login", data={"username": "boris"}) as answer:
        assert answer.status == 403


async def test_form_from_other_site_is_refused(app_server: AppServer) -> None:
    async with app_server.client() as client:
        async with client.get("/staff/") as page:
            token = re.search(r'name="csrf" value="([^"]+)"', await page.text()).group(1)  # type: ignore[union-attr]
        forged = {"Sec-Fetch-Site": "cross-site"}
        async with client.post("/staff/login", data={"csrf": token}, headers=forged) as answer:
            assert answer.status == 403


async def test_csrf_token_of_other_device_is_refused(app_server: AppServer) -> None:
    async with app_server.client() as other, other.get("/staff/") as page:
        token = re.search(r'name="csrf" value="([^"]+)"', await page.text()).group(1)  # type: ignore[union-attr]
    async with app_server.client() as client:
        async with client.get("/staff/"):
            pass
        async with client.post("/staff/login", data={"csrf": token}) as answer:
            assert answer.status == 403


async def test_every_response_has_own_csrf_token(app_server: AppServer) -> None:
    async with app_server.client() as client:
        tokens = {await fetch_csrf_token(client, "/staff/") for _ in range(3)}
        for token in tokens:
            async with client.post("/staff/login", data={"csrf": token, "user": "boris"}) as answer:
                assert answer.status == 422  # the password is missing
    assert len(tokens) == 3


async def test_page_of_earlier_version_sends_its_form(app_server: AppServer) -> None:
    async with app_server.client() as client:
        unmasked = unmask_signature(await fetch_csrf_token(client, "/staff/"))
        async with client.post("/staff/login", data={"csrf": unmasked, "user": "boris"}) as answer:
            assert (len(unmasked), answer.status) == (24, 422)


@pytest.mark.parametrize("token", ["", "AA==", "-" * 48, "=" * 48, "ñ" * 48, "A" * 47, "A" * 4_000])
async def test_malformed_csrf_token_is_refused(app_server: AppServer, token: str) -> None:
    async with app_server.client() as client:
        await fetch_csrf_token(client, "/staff/")
        async with client.post("/staff/login", data={"csrf": token, "user": "boris"}) as answer:
            assert answer.status == 403


# Compression


async def test_page_and_document_leave_compressed(app_server: AppServer) -> None:
    async with app_server.client(headers={"Accept-Encoding": "gzip"}, auto_decompress=False) as client:
        for path in ("/", "/?lang=en", "/o/centro", "/chat", "/test", "/sw.js", "/api/openapi.json"):
            async with client.get(path) as answer, client.head(path) as head:
                body = await answer.read()
                assert answer.headers["Content-Encoding"] == head.headers["Content-Encoding"] == "gzip"
                assert answer.headers["Vary"].startswith("Accept-Encoding")
                assert len(body) == int(answer.headers["Content-Length"])
                assert len(gzip.decompress(body)) > 1.5 * len(body)
            async with client.get(path, headers={"Accept-Encoding": "br"}) as plain:
                assert "Content-Encoding" not in plain.headers
                assert plain.headers["Vary"].startswith("Accept-Encoding")


TYPED = "what-an-attacker-types"
SENT_BY_OTHER_SITES = {"Referer": f"https://elsewhere.example/{TYPED}", "User-Agent": TYPED}


def fill_page_path(template: str, ids: dict[str, str]) -> str:
    """Fill in what exists: each token is of its own kind."""
    kind = {"a": "appointment token", "t": "ticket token", "test": "test token"}.get(template.split("/")[1], "")
    values = {**ids, "{token}": ids.get(kind, "unknown"), "{test}": ids["test token"], "{code}": ids["{code}"]}
    values |= {"{path:path}": "core/dom.js"}
    return re.sub(r"{[^}]+}", lambda found: values.get(found[0], "unknown"), template)


async def test_no_response_with_typed_text_is_compressed(
    app_server: AppServer, path_values: dict[str, str]
) -> None:
    path_values["appointment token"] = (await book_video_appointment(app_server.runtime, AT)).token
    compressed, wrong = set(), []
    async with app_server.client(headers=SENT_BY_OTHER_SITES) as client:
        for template in (row.removeprefix("GET ") for row in PAGE_ROWS if row.startswith("GET ")):
            path, parts = fill_page_path(template, path_values), re.findall(r"{[^}]+}", template)
            typed = [fill_page_path(template.replace(part, TYPED), path_values) for part in parts]
            typed += [f"{path}?q={TYPED}&lang=en", f"{path}?lang={TYPED}"]
            for address in (path, *typed):
                async with client.get(address, allow_redirects=False) as answer:
                    if "Content-Encoding" in answer.headers:
                        compressed.add(template)
                        wrong += [address] if "?" in address or TYPED in await answer.text() else []
    assert wrong == []
    assert {"/", "/o/{office}", "/a/{token}", "/t/{token}", "/test", "/a/{token}/room", "/chat"} <= compressed


@pytest.mark.parametrize("path", ["/staff/", "/staff/account", "/staff/host", "/staff/manage/audit"])
async def test_no_page_of_staff_is_compressed(app_server: AppServer, path: str) -> None:
    headers = await caller_headers(app_server, Caller("administrator", StaffRole.ADMINISTRATOR), "")
    async with app_server.client() as client, client.get(path, headers=headers) as page:
        assert (page.status, "Content-Encoding" in page.headers) == (200, False)


async def test_no_answer_to_a_form_is_compressed(app_server: AppServer, path_values: dict[str, str]) -> None:
    shown, wrong = set(), []
    async with app_server.client() as client:
        form = dict.fromkeys(("text", "name", "locator", "email", "phone", "next"), TYPED)
        form["csrf"] = await fetch_csrf_token(client, "/staff/")
        for template in (row.removeprefix("POST ") for row in PAGE_ROWS if row.startswith("POST ")):
            path = fill_page_path(template, path_values)
            async with client.post(path, data=form, allow_redirects=False) as answer:
                shown |= {template} if TYPED in await answer.text() else set()
                wrong += [template] if "Content-Encoding" in answer.headers else []
    assert wrong == []
    assert "/appointments/find" in shown


async def test_static_file_of_current_build_is_immutable(app_server: AppServer) -> None:
    async with app_server.client() as client:
        async with client.get("/staff/") as page:
            path = re.search(r'"(/static/[^"]+\.css)"', await page.text()).group(1)  # type: ignore[union-attr]
        async with client.get(path) as file:
            assert file.status == 200
            assert "immutable" in file.headers["cache-control"]
        async with client.get("/static/another-build/core/design_tokens.css") as file:
            assert file.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path", ["/static/x/../pyproject.toml", "/static/x/..%2F..%2Fpyproject.toml", "/static/x/no"]
)
async def test_file_outside_static_folder_is_not_served(app_server: AppServer, path: str) -> None:
    from yarl import URL

    async with app_server.client() as client, client.get(URL(app_server.url + path, encoded=True)) as answer:
        assert answer.status == 404


async def test_too_many_reads_from_one_address_are_refused(
    settings: object, clock: FakeClock, office: object
) -> None:
    from office360.server.settings import Settings

    assert isinstance(settings, Settings)
    limited = settings.model_copy(update={"gets_per_minute": 3})
    async with serve_app(limited, clock) as server, server.client() as client:
        statuses = []
        for _ in range(5):
            async with client.get("/privacy") as page:
                statuses.append(page.status)
                last = page.headers
    assert statuses == [200, 200, 200, 429, 429]
    assert int(last["retry-after"]) > 0


async def test_health_and_readiness_are_ok(app_server: AppServer) -> None:
    async with app_server.client() as client:
        for path in ("/healthz", "/readyz"):
            async with client.get(path) as answer:
                assert answer.status == 200


async def test_readiness_fails_without_database(app_server: AppServer, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail() -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(app_server.runtime.db, "ping", fail)
    async with app_server.client() as client, client.get("/readyz") as answer:
        assert answer.status == 503
        assert (await answer.json())["reasons"] == {"database": "ConnectionRefusedError"}


async def test_offices_are_listed(app_server: AppServer, runtime: Runtime) -> None:
    async with app_server.client() as client:
        async with client.get("/api/v1/offices") as answer:
            (office,) = await answer.json()
        async with client.get("/api/v1/offices/centro/services", headers={"Accept-Language": "en"}) as answer:
            services = await answer.json()
    assert office["slug"] == "centro"
    assert office["open_now"] is True
    assert [line["slug"] for line in office["lines"]] == ["registry", "identity"]
    assert services[1] == {
        "slug": "certificate",
        "name": "Digital certificate",
        "line": "identity",
        "modes": ["in_person", "video"],
        "walk_in": True,
        "minutes": 15,
        "refusal": None,
        "lasts_today": False,
    }
