"""A channel is a folder of notifications/ and at most eight other files."""

from __future__ import annotations

import re

import pytest
from office360.notifications.domain.declared_channels import CHOSEN_CHANNELS

from ..support.suite.import_graph import ROOT
from ..support.suite.source_files import files_that_match, text_of_file
from .test_imports import FOLDERS

MAX_OTHER_FILES = 8
SUFFIXES = {".py", ".html", ".txt", ".js", ".css", ".md", ".toml"}
# Catalogues belong to a language, decisions and the list of changes to the past, migrations to a release, and
# the assistant knows the words that people say, and a script the browsers inside other apps.
LEFT_OUT = (
    "migrations",
    "decisions",
    "site",
    "CHANGELOG.md",
    "chatbot",
    "browser_support.js",
)
# Outside of notifications/ these modules say SMS: columns and API fields of older versions, settings, the
# invitation of guests by SMS, and texts. The number may only shrink.
MODULES_WITH_SMS = 44


def files_that_say(word: str, folder: str) -> set[str]:
    """Return the files outside of the folder that say a word, also as a part of a name."""
    found = re.compile(rf"(?<![a-z]){word}(?![a-z])", re.IGNORECASE)
    folders = [ROOT / name for name in (*FOLDERS, "static", "docs", "deploy")]
    at_top = [path for path in ROOT.iterdir() if path.suffix in SUFFIXES and found.search(text_of_file(path))]
    paths = (path.relative_to(ROOT) for path in (*files_that_match(found, folders, SUFFIXES), *at_top))
    return {
        path.as_posix()
        for path in paths
        if not path.is_relative_to(folder) and not set(path.parts) & set(LEFT_OUT)
    }


def files_of_channel(channel: str) -> list[str]:
    """List the files outside of its folder that name a channel."""
    return sorted(files_that_say(channel, f"notifications/{channel}"))


@pytest.mark.parametrize("channel", [each.name for each in CHOSEN_CHANNELS if each.name != "sms"])
def test_channel_is_its_folder_and_few_other_files(channel: str) -> None:
    others = files_of_channel(channel)
    assert len(others) <= MAX_OTHER_FILES, others


def test_few_modules_outside_of_notifications_say_sms() -> None:
    modules = {path for path in files_that_say("sms", "notifications") if path.endswith((".py", ".html", ".js"))}
    assert len(modules) == MODULES_WITH_SMS, sorted(modules)


def test_channels_have_different_names_and_prefixes() -> None:
    assert len({each.name for each in CHOSEN_CHANNELS}) == len(CHOSEN_CHANNELS)
    prefixes = [each.contact_prefix for each in CHOSEN_CHANNELS]
    assert len({"e", *prefixes}) == 1 + len(prefixes)
    assert all(len(prefix) == 1 for prefix in prefixes)
