"""Error codes that several calls about a video room share, by status where they are whole."""

from __future__ import annotations

# For staff, who give the appointment's id in place of the token.
STAFF_REFUSALS = ("forbidden", "csrf")
CALL_REFUSALS = ("not_admitted", "room_over")
READER_REFUSALS = {403: (*STAFF_REFUSALS, "not_of_this_room"), 409: ("not_admitted",)}
