"""Facts for citizens: parking, transport, telephone hours, and prices of services."""

from alembic import op
import sqlalchemy as sa


revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('parking', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('transport', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('phone_hours', sa.JSON(), nullable=True))

    with op.batch_alter_table('services', schema=None) as batch_op:
        batch_op.add_column(sa.Column('price', sa.JSON(), nullable=True))
