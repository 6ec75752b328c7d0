"""Who sends a request, as the rules want to know it: hashes of device and address, limits, and a proof."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import HTTPConnection

from ...core.web import authentication, requests
from ..actions.proof_of_work import verify_proof
from ..domain.requester import UNLIMITED_REQUESTER, BookingLimits, Requester


async def build_requester(
    request: HTTPConnection, altcha: str | None = None, *, program: bool = False
) -> Requester:
    """`altcha`: the proof of work as it was sent; `program`: over the API.

    Staff and integrations are not limited, and need no proof.
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


def booking_limits(request: HTTPConnection) -> BookingLimits:
    """How much the public may keep here."""
    found: BookingLimits = request.state.booking_limits
    return found
