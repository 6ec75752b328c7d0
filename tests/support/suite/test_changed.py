"""Tests of the choice of tests that a change concerns."""

from __future__ import annotations

import pytest

from . import changed
from .changed import ChangedTests
from .import_graph import ROOT, needed_files

TEST_FILES = sorted((ROOT / "tests").rglob("test_*.py"))


def chosen_tests(*files: str) -> set[str]:
    plugin = ChangedTests(set(files))
    return {path.relative_to(ROOT / "tests").as_posix() for path in TEST_FILES if plugin.concerns(path)}


def test_rule_chooses_tests_that_import_it_through_others() -> None:
    chosen = chosen_tests("queue/domain/call_order.py")
    assert {"queue/domain/test_line.py", "queue/actions/test_evacuation.py", "soak/test_short_soak.py"} <= chosen
    assert "chatbot/language/test_danger.py" not in chosen
    assert "e2e/calls/test_people.py" not in chosen


def test_page_chooses_tests_of_its_folder_and_in_browsers() -> None:
    chosen = chosen_tests("staff/templates/staff/desk.html")
    assert {"staff/web/sign_in/test_browser_walk.py", "e2e/test_layout.py", "e2e/test_host.py"} <= chosen
    assert "staff/actions/test_api_keys.py" not in chosen
    assert "core/db/test_timers.py" not in chosen


def test_script_of_calls_chooses_media_tests() -> None:
    assert {"e2e/calls/test_people.py", "e2e/test_layout.py"} <= chosen_tests("static/rooms/room_page.js")


def test_support_of_one_folder_chooses_its_users_only() -> None:
    chosen = chosen_tests("tests/e2e/support/keyboard.py")
    assert "e2e/test_keyboard.py" in chosen
    assert len(chosen) < 10


@pytest.mark.parametrize("name", ["core/clock.py", "tests/conftest.py", "pyproject.toml", "server/app.py"])
def test_shared_file_chooses_all_tests(name: str) -> None:
    assert len(chosen_tests(name)) == len(TEST_FILES)


@pytest.mark.parametrize("name", ["docs/video.md", "README.md", "docs/pictures/console.png"])
def test_document_chooses_no_test(name: str) -> None:
    assert chosen_tests(name) == set()


def test_name_passed_on_by_a_service_needs_its_module_only() -> None:
    needed = {path.relative_to(ROOT).as_posix() for path in needed_files(ROOT / "chatbot" / "web" / "api.py")}
    assert "chatbot/actions/answer_message.py" in needed
    assert "queue/queries/walk_in_admission.py" in needed
    assert "queue/actions/transfer.py" not in needed


def test_unknown_base_is_refused_with_git_message() -> None:
    with pytest.raises(pytest.UsageError, match="no-such-branch"):
        changed.changed_files("no-such-branch")


def test_imports_of_fixtures_are_not_followed() -> None:
    assert ROOT / "server" / "app.py" not in needed_files(ROOT / "tests" / "queue" / "domain" / "test_line.py")
