"""Use case of the identity check: ticked steps and result, without any picture."""

from __future__ import annotations

from collections.abc import Mapping

from ...core.runtime import Runtime
from ..domain.identity_check import DocumentKind, IdentityResult, check_identity_result
from .participant_actions import record_audit_event
from .room_transaction import RoomMember

EVENT_BY_RESULT: Mapping[IdentityResult | None, str] = {
    None: "checklist",
    IdentityResult.CHECKED: "identity_checked",
    IdentityResult.NOT_POSSIBLE: "identity_not_possible",
}


async def record_checklist(
    runtime: Runtime,
    member: RoomMember,
    items: Mapping[str, bool],
    document: DocumentKind | None,
    result: IdentityResult | None,
) -> None:
    """Note the steps, and the result, if the check has a result.

    Raises Refused("document_kind_missing" | "identity_steps_missing").
    """
    if result is not None:
        check_identity_result(result, document, items)
    details: dict[str, object] = {"items": dict(items)}
    if document is not None:
        details["document"] = document.value
    await record_audit_event(runtime, member, EVENT_BY_RESULT[result], details)
