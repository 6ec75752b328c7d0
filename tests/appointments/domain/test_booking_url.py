"""URLs of the booking form."""

from office360.appointments.domain.booking_url import BOOKING_PATH, booking_url, booking_url_for_services
from office360.notifications.domain import message_content


def test_booking_url_without_choices_is_the_form() -> None:
    assert booking_url() == BOOKING_PATH


def test_booking_url_names_services_in_order() -> None:
    url = booking_url_for_services("centro", ["documents", "certificate"], "video")
    assert url == "/appointments/new?office=centro&service=documents&more=certificate&mode=video"


def test_messages_link_to_the_booking_form() -> None:
    assert message_content.BOOKING_PATH == BOOKING_PATH  # notifications imports no other feature
