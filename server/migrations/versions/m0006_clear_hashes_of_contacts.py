"""Index of tickets whose notes and hashes data retention clears, and hashes that it left."""

from alembic import op
import sqlalchemy as sa


revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None

BEFORE = ('name', 'email', 'phone', 'sms_phone')
NOW = (
    *BEFORE,
    'note',
    'device_hash',
    'device_key',
    'email_key',
    'phone_key',
    'request_digest',
    'request_key',
)


def _replace_index(columns: tuple[str, ...]) -> None:
    condition = sa.text(' OR '.join(f'{column} IS NOT NULL' for column in columns))
    op.drop_index('ix_tickets_personal', 'tickets')
    op.create_index('ix_tickets_personal', 'tickets', ['since'], sqlite_where=condition, postgresql_where=condition)


def upgrade() -> None:
    # The nightly deletion finds tickets by this index; it clears what older versions left.
    _replace_index(NOW)
    op.execute("UPDATE appointments SET request_key = NULL, request_digest = NULL WHERE email_key = ''")


def downgrade() -> None:
    _replace_index(BEFORE)
