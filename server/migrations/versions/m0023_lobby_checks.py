"""Short tests in the lobby, and the last message to an absent citizen."""

from alembic import op
import sqlalchemy as sa


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('quick', sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.add_column(sa.Column('called_back_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('called_back_by', sa.JSON(), nullable=True))

    with op.batch_alter_table('room_participants', schema=None) as batch_op:
        batch_op.add_column(sa.Column('test', sa.JSON(), nullable=True))
