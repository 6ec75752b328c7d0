"""Targets of offices and quality of video calls."""

from alembic import op
import sqlalchemy as sa


revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('targets', sa.JSON(), server_default='{}', nullable=False))

    op.create_table('call_qualities',
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('test', sa.String(length=8), nullable=False),
    sa.Column('samples', sa.Integer(), nullable=False),
    sa.Column('bad_samples', sa.Integer(), nullable=False),
    sa.Column('rtt_ms', sa.Float(), nullable=True),
    sa.Column('loss_pct', sa.Float(), nullable=True),
    sa.PrimaryKeyConstraint('appointment_id', name=op.f('pk_call_qualities'))
    )
