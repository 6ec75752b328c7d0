"""Appointments before the day: booking rules, holds, verification, waiting list, reminders; the chatbot; notices."""

revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
