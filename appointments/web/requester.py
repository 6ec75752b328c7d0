"""The requester of an HTTP request: hashes, limits, and proof of work."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from starlette.requests import HTTPConnection

from ...core.errors import Invalid
from ...core.web import authentication, requests
from ..actions.proof_of_work import verify_proof
from ..domain.requester import UNLIMITED_REQUESTER, BookingLimits, Requester

ResultT = TypeVar("ResultT")


async def build_requester(
    request: HTTPConnection, altcha: str | None = None, *, program: bool = False
) -> Requester:
    """Build the requester; staff and integrations have no limits and need no proof.

    `altcha`: the proof of work as it was sent. `program`: the request came over the API.
    Raises Invalid("altcha": proof_invalid | proof_expired).
    """
    runtime, device = requests.current_runtime(request), requests.current_device(request)
    known = Requester(
        device=runtime.tokens.sign("device", device) if device else None,
        address=runtime.tokens.sign("address", requests.client_address(request)),
    )
    if await authentication.current_principal(request) is not None:
        return replace(UNLIMITED_REQUESTER, device=known.device)
    proof = verify_proof(runtime.tokens, altcha, runtime.now()) if altcha else None
    return replace(known, limits=booking_limits(request), proof=proof, program=program)


async def run_with_optional_proof(
    request: HTTPConnection, altcha: str | None, use_case: Callable[[Requester], Awaitable[ResultT]]
) -> ResultT:
    """Run a use case with the proof of a form, and without it if the proof is not accepted.

    Without a proof the citizen verifies the e-mail instead, so that a form never fails because of its proof.
    """
    try:
        return await use_case(await build_requester(request, altcha))
    except Invalid as invalid:
        if not any(error.field == "altcha" for error in invalid.fields):
            raise
    return await use_case(await build_requester(request))


def booking_limits(request: HTTPConnection) -> BookingLimits:
    """Return the installation's limits for the public."""
    limits: BookingLimits = request.state.booking_limits
    return limits
