"""Ways to sign in that the login page offers."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from ...actions.federation.sign_in_setup import remote_user, sign_in_setup


def sign_in_choices(request: Request) -> dict[str, Any]:
    """Return what the login page offers: the provider, the proxy's person, user and password.

    The form for user and password is always there at `?local=1`, and answers its own errors.
    """
    setup = sign_in_setup(request)
    asked_for_form = "local" in request.query_params or request.method == "POST"
    return {
        "provider": setup.provider_name,
        "remote_user": remote_user(request),
        "has_local_form": setup.has_local_form or asked_for_form,
    }
