"""Examples of a test: the same few in each `make test`, new in `make test-all`."""

from __future__ import annotations

import hypothesis

ALL_EXAMPLES = 100  # of a test that names no count: hypothesis' own number
EXAMPLES_IN_TEST = 30
MIN_EXAMPLES = 2  # a test with few examples starts servers or databases for each


def load_examples_profile(*, whole: bool, seed: str | None = None) -> None:
    """Set the choice, count and limits of examples.

    `whole`: in `make test-all`. `seed`: of `--hypothesis-seed`, for other than the usual examples.
    """
    # The duration of an example depends on the load of the machine, not on the tested rule.
    hypothesis.settings.register_profile(
        "office360",
        hypothesis.settings.default,
        max_examples=ALL_EXAMPLES if whole else EXAMPLES_IN_TEST,
        # An old defect that a new example finds must not refuse the change that is tested at that moment.
        derandomize=not whole and seed is None,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("office360")


def examples(count: int) -> int:
    """Return how many of a test's examples this run draws. `count`: in `make test-all`."""
    drawn = round(count * hypothesis.settings().max_examples / ALL_EXAMPLES)
    return max(drawn, min(count, MIN_EXAMPLES))
