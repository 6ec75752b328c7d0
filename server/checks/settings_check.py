"""Check of the variables in the environment. Reads no value."""

from __future__ import annotations

from difflib import get_close_matches

from ..environment_file import ENV_FILE_VARIABLE
from ..settings import ENV_PREFIX, setting_variables, unknown_variables
from .check_result import CheckResult, CheckTopic

UNKNOWN = "no setting has this name, so that it has no effect"


def check_setting_names() -> list[CheckResult]:
    """Warn of variables that no setting has, such as misspelt names."""
    # without the prefix, which makes all names similar
    known = [variable.removeprefix(ENV_PREFIX) for variable in (*setting_variables(), ENV_FILE_VARIABLE)]
    results = []
    for name in unknown_variables():
        nearest = get_close_matches(name.upper().removeprefix(ENV_PREFIX), known, n=1)
        advice = f"is it {ENV_PREFIX}{nearest[0]}?" if nearest else "docs/settings.md lists them"
        results.append(CheckResult(CheckTopic.SETTINGS, f"{UNKNOWN}; {advice}", subject=name, is_warning=True))
    return results
