"""Table that decides what `make test` runs, and what waits for `make test-all`.

A test of a layer that reads or writes the database itself runs on SQLite and on PostgreSQL, because each of both
has found defects there that the other has not: locks, transactions, types, plans, migrations. Tests of use cases
do so as far as they send statements that no other sends to PostgreSQL, or have two transactions open at once; the
others stand in only_on_sqlite.txt, which tests/support/suite/postgresql_need.py chooses. A test of a layer
above (pages, API, sockets, browsers) runs on SQLite: its SQL is that of the layer below.
`make test-all` runs these on PostgreSQL too, except in a browser.
A test may also name its databases itself, because it is about one of them; this table does not change that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

SQLITE, POSTGRESQL = "sqlite", "postgresql"
BOTH = (SQLITE, POSTGRESQL)

SPARED_FILE = Path(__file__).parent / "only_on_sqlite.txt"
SPARED = frozenset(SPARED_FILE.read_text().split())  # node ids without parameters


@dataclass(frozen=True)
class DatabaseRow:
    """Databases of the tests whose node ids start with a path."""

    path: str  # `*` stands for any text
    in_test: Sequence[str]
    in_all: Sequence[str]
    reason: str


# The longest path that fits decides.
DATABASES = (
    DatabaseRow(
        "tests/", BOTH, BOTH, "storage, queries, actions, timers, migrations: SQL, locks and transactions"
    ),
    DatabaseRow(
        "tests/*browser", (SQLITE,), (SQLITE,), "pages in a browser do not see which database is behind them"
    ),
    DatabaseRow("tests/e2e/", (SQLITE,), (SQLITE,), "pages in a browser do not see which database is behind them"),
    DatabaseRow("tests/*/web/", (SQLITE,), BOTH, "roles, texts, limits; their SQL is in actions and queries"),
    DatabaseRow("tests/queue/web/test_visit_statements.py", BOTH, BOTH, "counts the statements of requests"),
    DatabaseRow("tests/*/realtime/", (SQLITE,), BOTH, "sockets; their SQL is in actions and queries"),
    DatabaseRow(
        "tests/server/web/test_api_fuzzing.py", (SQLITE,), BOTH, "every operation of the API with drawn requests"
    ),
    DatabaseRow("tests/server/web/test_idempotency.py", BOTH, BOTH, "two requests with one key: a lock"),
    DatabaseRow("tests/server/web/test_paging.py", BOTH, BOTH, "orders and limits of SQL"),
    DatabaseRow("tests/notifications/email/", (SQLITE,), BOTH, "the channel; its queue is tested in actions"),
    DatabaseRow("tests/notifications/sms/", (SQLITE,), BOTH, "the channel; its queue is tested in actions"),
    DatabaseRow("tests/notifications/push/", (SQLITE,), BOTH, "the channel; its queue is tested in actions"),
    DatabaseRow("tests/notifications/telegram/", (SQLITE,), BOTH, "the channel; its queue is tested in actions"),
    DatabaseRow("tests/notifications/whatsapp/", (SQLITE,), BOTH, "the channel; its queue is tested in actions"),
    DatabaseRow("tests/deploy/test_caddyfile.py", (SQLITE,), (SQLITE,), "the proxy does not see the database"),
    DatabaseRow("tests/deploy/test_files.py", (SQLITE,), (SQLITE,), "the proxy does not see the database"),
    DatabaseRow(
        "tests/server/test_every_language.py",
        (SQLITE,),
        BOTH,
        "words of pages; their SQL is in queries",
    ),
    DatabaseRow("tests/server/testroom/", (SQLITE,), BOTH, "a process without a database of its own"),
    DatabaseRow("tests/server/demo/", (SQLITE,), BOTH, "the demo city; what it calls is tested on both"),
)


@dataclass(frozen=True)
class LaterRow:
    """Tests that only `make test-all` runs."""

    path: str
    reason: str
    proven_by: str  # a test or a folder of `make test`


ONLY_IN_TEST_ALL = (
    LaterRow("tests/architecture/", "`make check` runs them before", "tests/architecture/"),
    LaterRow(
        "tests/truth/test_four_links.py",
        "emulated networks, two minutes in which nothing else runs",
        "tests/e2e/test_connection_test.py",
    ),
    LaterRow(
        "tests/deploy/test_install_over_older.py",
        "two installations, from an index",
        "tests/architecture/test_packaging.py",
    ),
    LaterRow(
        "tests/deploy/test_debian_python.py",
        "another environment, from an index; `make test` runs on one Python",
        "tests/architecture/test_packaging.py",
    ),
    LaterRow(
        "tests/deploy/test_sbom.py",
        "tools and an environment of their own, from an index",
        "tests/architecture/test_packaging.py",
    ),
    LaterRow(
        "tests/soak/test_short_soak.py",
        "a day with all faults at once; what each fault must not break is proven alone",
        "tests/faults/",
    ),
    LaterRow(
        "tests/deploy/test_idle_connections.py",
        "10,000 requests through nginx, each after its connection was idle for seconds",
        "tests/server/process/test_http_connection.py::test_idle_connection_of_proxy_outlives_others",
    ),
    LaterRow(
        "tests/deploy/test_containers.py",
        "builds images of Debian's packages and starts all containers of compose.yaml: four minutes and a network",
        "tests/deploy/test_container_files.py",
    ),
    LaterRow(
        "tests/deploy/test_container_files.py::test_manifests_are_valid_for_kubernetes",
        "needs kustomize and the schemas of Kubernetes",
        "tests/deploy/test_container_files.py::test_kustomization_lists_every_manifest",
    ),
    LaterRow(
        "tests/deploy/test_caddyfile.py",
        "needs Caddy; the same promises as of nginx, and its masks are compared with the routes",
        "tests/deploy/test_files.py",
    ),
    LaterRow(
        "tests/docs/",
        "builds the site and the printed handbook; needs the generator, which `make test` does not install",
        "tests/architecture/test_docs.py",
    ),
    *(
        LaterRow(
            f"tests/e2e/test_layout.py::{walk}[sqlite-en]",
            "the same elements with English texts, which are 3 % shorter in all; those cut are found later",
            f"tests/e2e/test_layout.py::{walk}[sqlite-es]",
        )
        for walk in ("test_public_pages_and_closures_have_no_layout_flaw", "test_staff_pages_have_no_layout_flaw")
    ),
    *(
        LaterRow(
            f"tests/e2e/test_end_to_end_journeys.py::{journey}[sqlite-memory-1]",
            "the same steps as with two processes, PostgreSQL and a bus",
            f"tests/e2e/test_end_to_end_journeys.py::{journey}[postgresql-valkey-2]",
        )
        for journey in (
            "test_video_appointment_from_booking_to_end",
            "test_tickets_with_and_without_appointment_to_end",
        )
    ),
)


class Load(Enum):
    """How much of the machine a test needs."""

    LIGHT = auto()  # the test process, its database and a server in it
    BROWSER = auto()  # Chromium, or processes of its own: as many at once as there are cores
    MEDIA = auto()  # pictures and sound in real time: one at once
    ALONE = auto()  # measures the machine too: nothing else at once


@dataclass(frozen=True)
class LoadRow:
    """Load of the tests whose node ids start with a path."""

    path: str
    load: Load


LOADS = (
    LoadRow("tests/", Load.LIGHT),
    LoadRow("tests/e2e/", Load.BROWSER),
    LoadRow("tests/faults/", Load.BROWSER),
    LoadRow("tests/deploy/", Load.BROWSER),
    LoadRow("tests/docs/", Load.BROWSER),
    LoadRow("tests/soak/", Load.BROWSER),
    LoadRow("tests/server/process/", Load.BROWSER),
    LoadRow("tests/notifications/actions/test_worker_crash.py", Load.BROWSER),
    LoadRow("tests/e2e/calls/", Load.MEDIA),
    LoadRow("tests/e2e/calls/test_text_and_picture_rules.py", Load.BROWSER),
    LoadRow("tests/e2e/calls/test_preview_and_lobby.py", Load.BROWSER),
    LoadRow("tests/e2e/test_connection_test.py", Load.MEDIA),
    LoadRow("tests/e2e/test_relay.py", Load.MEDIA),
    LoadRow("tests/e2e/sign_in/test_session_in_call.py", Load.MEDIA),
    LoadRow("tests/faults/test_calls.py", Load.MEDIA),
    LoadRow("tests/truth/", Load.MEDIA),
    LoadRow("tests/truth/test_four_links.py", Load.ALONE),
    LoadRow("tests/e2e/test_connection_test.py::test_good_network_gets_green_verdict", Load.ALONE),
)


def starts_with(node_id: str, path: str) -> bool:
    """Tell whether a node id starts with a path of a row."""
    return fnmatchcase(node_id, path.replace("[", "[[]") + "*")


def chosen_databases(node_id: str, *, whole: bool, spares: bool = True) -> Sequence[str]:
    """Return the databases of a test.

    `whole`: in `make test-all`. `spares`: leaves PostgreSQL out for tests in SPARED.
    """
    row = max((row for row in DATABASES if starts_with(node_id, row.path)), key=lambda row: len(row.path))
    if whole:
        return row.in_all
    return (SQLITE,) if spares and node_id in SPARED else row.in_test


@cache  # the scheduler asks for each waiting test whenever it gives one to a process
def required_load(node_id: str) -> Load:
    """Return the load of a test or file; a file named by its browser stands beside others."""
    load = max((row for row in LOADS if starts_with(node_id, row.path)), key=lambda row: len(row.path)).load
    is_named_browser = "browser" in node_id.partition("::")[0].rpartition("/")[2]
    return Load.BROWSER if load is Load.LIGHT and is_named_browser else load


def waits_for_test_all(node_id: str) -> bool:
    """Tell whether only `make test-all` runs a test."""
    return any(starts_with(node_id, row.path) for row in ONLY_IN_TEST_ALL)
