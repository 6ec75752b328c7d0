"""Chosen channels as a list beside the columns of SMS, and receipts of messages."""

from alembic import op
import sqlalchemy as sa


revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

# The nightly deletion finds tickets by any of these columns.
PERSONAL = ' OR '.join(
    f'{column} IS NOT NULL'
    for column in (
        'name', 'email', 'phone', 'sms_phone', 'channels', 'note', 'device_hash', 'device_key', 'email_key',
        'phone_key', 'request_digest', 'request_key',
    )
)


def upgrade() -> None:
    op.add_column('appointments', sa.Column('channels', sa.JSON(), nullable=True))
    op.add_column('tickets', sa.Column('channels', sa.JSON(), nullable=True))
    op.add_column('sent_messages', sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=True))
    op.drop_index('ix_tickets_personal', table_name='tickets')
    op.create_index(
        'ix_tickets_personal', 'tickets', ['since'], sqlite_where=sa.text(PERSONAL), postgresql_where=sa.text(PERSONAL)
    )
