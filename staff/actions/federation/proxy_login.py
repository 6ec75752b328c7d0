"""Login of the person whom a trusted proxy names in a header, such as REMOTE_USER."""

from __future__ import annotations

import logging

from ....core.errors import Refused
from ....core.runtime import Runtime
from ...domain.account import SessionOrigin, normalize_username
from ...storage import staff_rows
from ..accounts import start_session

logger = logging.getLogger(__name__)


async def log_in_by_proxy(runtime: Runtime, remote_user: str, *, previous: str | None, device: str | None) -> str:
    """Start a session for the existing account of this username. Returns its token.

    The header creates no account. Raises Refused: "unknown_remote_user", "own_account_disabled", and
    "account_from_provider" for an account that signs in at the identity provider.
    """
    async with runtime.transaction() as tx:
        user = await staff_rows.user_by_username(tx.session, normalize_username(remote_user))
        if user is None:
            raise Refused("unknown_remote_user")
        if not user.active:
            raise Refused("own_account_disabled")
        if user.is_from_provider:
            raise Refused("account_from_provider")
        origin = SessionOrigin.PROXY
        return await start_session(tx, user.id, previous=previous, device=device, origin=origin)
