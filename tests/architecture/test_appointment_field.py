"""Number of files that a field of an appointment touches that agents see."""

from __future__ import annotations

from pathlib import Path

import pytest
from office360.appointments.domain.booking_details import BOOKING_DETAILS, BookingDetail

ROOT = Path(__file__).parents[2]
FEATURES = (
    "appointments",
    "chatbot",
    "core",
    "management",
    "offices",
    "queue",
    "rooms",
    "server",
    "staff",
    "static",
)
MAX_FILES = 8


def product_files() -> list[Path]:
    """List the files of the product that a person writes, without catalogues."""
    return [
        path
        for feature in FEATURES
        for path in (ROOT / feature).rglob("*")
        if path.suffix in (".py", ".html", ".js", ".txt", ".css") and path.is_file()
    ]


@pytest.mark.parametrize("detail", BOOKING_DETAILS, ids=lambda detail: detail.key)
def test_appointment_field_is_named_in_few_files(detail: BookingDetail) -> None:

    naming = [path.relative_to(ROOT).as_posix() for path in product_files() if detail.key in path.read_text()]
    assert "appointments/domain/booking_details.py" in naming
    assert len(naming) <= MAX_FILES
