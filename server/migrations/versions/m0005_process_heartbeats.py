"""Heartbeats of processes, and the process that owns the claim of an Idempotency-Key."""

from alembic import op
import sqlalchemy as sa


revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'process_heartbeats',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('version', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint('id', 'kind', name=op.f('pk_process_heartbeats')),
    )
    op.add_column('idempotent_requests', sa.Column('owner', sa.String(length=26), nullable=True))
