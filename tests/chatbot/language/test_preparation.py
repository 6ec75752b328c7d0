"""Grammars are compiled before the first message, and not in the event loop."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest
from office360.chatbot.web import requests

MAX_LEFT = 15  # of some 265 patterns, those that need a name or a date beside another; each takes 0.3 ms
CODE = f"""
import gc
from office360.chatbot.language.lazy_pattern import LazyPattern
from office360.chatbot.language.preparation import compile_grammars
patterns = [each for each in gc.get_objects() if isinstance(each, LazyPattern)]
is_compiled = lambda pattern: "_compiled" in vars(pattern)
assert len(patterns) > 200
assert not any(map(is_compiled, patterns))
compile_grammars()
left = [each.pattern for each in patterns if not is_compiled(each)]
assert len(left) <= {MAX_LEFT}, left
"""


def test_grammars_compile_only_when_prepared() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


async def test_grammars_compile_outside_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = []

    class Preparation:
        calls = 0

        def __call__(self) -> None:
            self.calls += 1
            threads.append(threading.current_thread())

        def cache_info(self) -> object:
            return type("CacheInfo", (), {"currsize": self.calls})

    monkeypatch.setattr(requests, "compile_grammars", Preparation())
    await requests.prepare_grammars()
    await requests.prepare_grammars()
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
