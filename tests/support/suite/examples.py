"""How many examples a test draws: all in `make test-all`, fewer in `make test`."""

from __future__ import annotations

import hypothesis

ALL_EXAMPLES = 100  # of a test that names no count: hypothesis' own number
EXAMPLES_IN_TEST = 30  # each run draws others, so the runs of a week draw more than one of `make test-all`
MIN_EXAMPLES = 2  # a test with few examples starts servers or databases for each


def load_examples_profile(*, whole: bool) -> None:
    """Set the count and limits of examples. `whole`: in `make test-all`."""
    # The duration of an example depends on the load of the machine, not on the tested rule.
    hypothesis.settings.register_profile(
        "office360",
        hypothesis.settings.default,
        max_examples=ALL_EXAMPLES if whole else EXAMPLES_IN_TEST,
        deadline=None,
        suppress_health_check=[hypothesis.HealthCheck.too_slow],
    )
    hypothesis.settings.load_profile("office360")


def examples(count: int) -> int:
    """Return how many of a test's examples this run draws. `count`: in `make test-all`."""
    drawn = round(count * hypothesis.settings().max_examples / ALL_EXAMPLES)
    return max(drawn, min(count, MIN_EXAMPLES))
