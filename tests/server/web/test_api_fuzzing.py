"""Requests that schemathesis draws from the OpenAPI document, against a served office.

The draws are the same in each run. OFFICE360_TEST_FUZZING=50 draws 50 for each call and adds schemathesis' list of
edge cases, which takes a quarter of an hour.
"""

from __future__ import annotations

import asyncio
import copy
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from hypothesis import strategies
from office360.core.auth import StaffRole
from office360.core.db.rate_limits import FloodLimit
from office360.core.web.api_route import API_PREFIX
from office360.core.web.authentication import STAFF_COOKIE, UPLOAD_MEDIA_TYPE
from office360.precheck.web.api import SDP_MEDIA_TYPE
from office360.server.settings import Settings
from office360.server.web.openapi_document import build_openapi_document
from office360.staff.actions.accounts import create_api_key, create_user, login
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from ...conftest import AppServer
from ...notifications.support.gateways import with_push_keys
from ...precheck.support.offers import mutated_offer
from ...support.suite.examples import examples
from ..support.openapi_checker import strict_schemas

SEED = 360
EXAMPLES = int(os.environ.get("OFFICE360_TEST_FUZZING", examples(5)))  # drawn for each call and caller
IS_LONG = "OFFICE360_TEST_FUZZING" in os.environ
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
PUBLIC_PATHS = r"^(?!/staff/|/desks/)"
STAFF_PATHS = r"^/(staff|desks)/"
# Values with which a drawn request reaches a use case; others are drawn too.
KNOWN_FIELDS = {
    "office": ["centro"],
    "service": ["documents", "certificate"],
    "mode": ["in_person", "video"],
    "starts_at": ["2026-11-26T09:00:00+01:00", "2026-11-26T10:00:00+01:00"],
    "email": ["amina@example.org"],
    "phone": ["600000001"],
}


@dataclass
class FuzzingSummary:
    """Counts of a run, and its failures by operation and title."""

    operations: set[str] = field(default_factory=set)
    statuses: Counter[int] = field(default_factory=Counter)
    failures: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        statuses = ", ".join(f"{count} × {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{len(self.operations)} operations, {self.statuses.total()} cases, "
            f"{len(self.failures)} failures ({statuses})"
        )

    def add(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.NonFatalError | events.FatalError):
            self.failures[type(event).__name__] = str(event)
        if not isinstance(event, events.ScenarioFinished) or not event.recorder.interactions:
            return
        self.operations.add(event.recorder.label)
        for exchange in event.recorder.interactions.values():
            self.statuses[exchange.response.status_code if exchange.response else 0] += 1
        for check in (check for checks in event.recorder.checks.values() for check in checks):
            if (found := check.failure_info) is not None:
                title = f"{event.recorder.label}: {found.failure.title}"
                self.failures[title] = f"{found.failure.message}\n{found.code_sample}"


def add_known_values(document: dict[str, Any], path_values: Mapping[str, str]) -> dict[str, Any]:
    """Copy the document; paths get known values, fields of bodies in half of the draws."""
    document = copy.deepcopy(document)
    document["components"]["schemas"] = strict_schemas(document["components"]["schemas"])
    for schema in document["components"]["schemas"].values():
        for name in KNOWN_FIELDS.keys() & schema.get("properties", {}).keys():
            if schema.get("additionalProperties") is False and schema["title"].endswith("Message"):
                known = {"enum": KNOWN_FIELDS[name]}
                schema["properties"][name] = {"anyOf": [known, schema["properties"][name]]}
    for path, operations in document["paths"].items():
        parameters = [parameter for operation in operations.values() for parameter in operation["parameters"]]
        for parameter in (parameter for parameter in parameters if parameter["in"] != "header"):
            name = parameter["name"]
            kinds = (f"{path.split('/')[1].rstrip('s')} {name}", f"{{{name}}}")
            values = [value for kind, value in path_values.items() if kind in kinds]
            if name == "id":
                values = [
                    value.split("/")[1] for kind, value in path_values.items() if "/{" in kind and kind in path
                ]
            values = values or KNOWN_FIELDS.get(name, [])
            if values:
                parameter["schema"] = {"type": "string", "enum": values}
    return document


def run_fuzzing(url: str, document: dict[str, Any], paths: str, headers: Mapping[str, str]) -> FuzzingSummary:
    """Send the drawn requests and check every response against the document."""
    schemathesis.openapi.media_type(SDP_MEDIA_TYPE, strategies.builds(_draw_offer, strategies.integers(0, 1_000)))
    schemathesis.openapi.media_type(UPLOAD_MEDIA_TYPE, strategies.binary(max_size=64))
    config = SchemathesisConfig.from_dict(
        {
            "seed": SEED,
            "base-url": f"{url}{API_PREFIX}",
            "headers": dict(headers),
            "continue-on-failure": True,
            "generation": {
                "max-examples": EXAMPLES,
                "deterministic": True,
                "no-shrink": True,
                "with-security-parameters": False,
            },
            "checks": {"enabled": False, **{name: {"enabled": True} for name in CHECKS}},
            "phases": {"stateful": {"enabled": False}, "coverage": {"enabled": IS_LONG}},
        }
    )
    schema = schemathesis.openapi.from_dict(document, config=config).include(path_regex=paths)
    summary = FuzzingSummary()
    for event in from_schema(schema).execute():
        summary.add(event)
    return summary


def _draw_offer(seed: int) -> bytes:
    return mutated_offer(seed).encode("utf-8", "replace")


async def caller_headers(app_server: AppServer, caller: str) -> dict[str, str]:
    """Return the headers of a program with a key, or of a manager with a session."""
    if caller == "manager":
        password = "a password of boris"
        role = StaffRole.MANAGER
        await create_user(
            app_server.runtime, username="boris", name="Boris", role=role, offices=["centro"], password=password
        )
        session = await login(app_server.runtime, "boris", password, "192.0.2.7")
        same_site = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/json"}
        return {**same_site, "Cookie": f"{STAFF_COOKIE}={session}"}
    key = await create_api_key(app_server.runtime, role=StaffRole(caller), offices=["centro"])
    return {"Authorization": f"Bearer {key}"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Set up push: without it the valid example of a subscription is answered by 503."""
    return with_push_keys(settings)


@pytest.fixture
def no_flood_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FloodLimit, "take_token", lambda *_: True)


@pytest.mark.parametrize(
    ("caller", "paths"),
    [
        ("anonymous", PUBLIC_PATHS),
        ("without key", STAFF_PATHS),
        ("integration", PUBLIC_PATHS),
        ("host", STAFF_PATHS),
        ("manager", STAFF_PATHS),
    ],
)
async def test_drawn_requests_get_published_responses(
    app_server: AppServer,
    path_values: dict[str, str],
    no_flood_limits: None,
    caller: str,
    paths: str,
    record_property: Any,
) -> None:
    headers = {} if caller in ("anonymous", "without key") else await caller_headers(app_server, caller)
    document = add_known_values(build_openapi_document(), path_values)
    summary = await asyncio.to_thread(run_fuzzing, app_server.url, document, paths, headers)
    record_property("summary", f"schemathesis, {caller}: {summary}")
    assert summary.failures == {}
    assert summary.statuses.total() > 25 * EXAMPLES


async def test_wrong_document_is_noticed(app_server: AppServer, no_flood_limits: None) -> None:
    document = copy.deepcopy(build_openapi_document())
    document["components"]["schemas"]["Office"]["properties"]["name"] = {"type": "integer"}
    summary = await asyncio.to_thread(run_fuzzing, app_server.url, document, "^/offices$", {})
    assert list(summary.failures) == ["GET /offices: Response violates schema"]
