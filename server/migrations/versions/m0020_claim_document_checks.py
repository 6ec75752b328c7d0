"""Claims of the checks of documents."""

from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('room_documents', schema=None) as batch_op:
        batch_op.add_column(sa.Column('check_claimed_until', sa.DateTime(timezone=True), nullable=True))
