"""Events of turns that other features handle, in the transaction that emits them."""

from __future__ import annotations

from dataclasses import dataclass

from ..offices.service import Office


@dataclass(frozen=True, slots=True)
class OfficeEvacuated:
    """Everyone was told to leave an office. The transaction holds no lock of a line."""

    office: Office


@dataclass(frozen=True, slots=True)
class EvacuationCommitted:
    """The state of `OfficeEvacuated` is committed, so handlers may wait for locks.

    Emitted at least once. `agent_ids`: the agents who have a desk open there.
    """

    office: Office
    agent_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class EvacuationEnded:
    """The office may be entered again, and calls go on."""

    office: Office
