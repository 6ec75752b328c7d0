from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .examples import examples, load_examples_profile


@pytest.fixture(autouse=True)
def profile_of_run(pytestconfig: pytest.Config) -> Iterator[None]:
    yield
    load_examples_profile(whole=pytestconfig.getoption("whole"))


@pytest.mark.parametrize(("count", "drawn"), [(100, 30), (5, 2), (4, 2), (1, 1)])
def test_make_test_draws_fewer_examples(count: int, drawn: int) -> None:
    load_examples_profile(whole=False)
    assert examples(count) == drawn


@pytest.mark.parametrize("count", [300, 100, 5, 1])
def test_make_test_all_draws_all_examples(count: int) -> None:
    load_examples_profile(whole=True)
    assert examples(count) == count


def draw_numbers() -> list[int]:
    drawn = []

    @given(st.integers())
    def keep(number: int) -> None:
        drawn.append(number)

    keep()
    return drawn


def test_each_make_test_draws_the_same_examples() -> None:
    load_examples_profile(whole=False)
    assert draw_numbers() == draw_numbers()


@pytest.mark.parametrize("options", [{"whole": True}, {"whole": False, "seed": "7"}])
def test_make_test_all_and_a_seed_draw_new_examples(options: dict[str, Any]) -> None:
    load_examples_profile(**options)
    assert not settings().derandomize
