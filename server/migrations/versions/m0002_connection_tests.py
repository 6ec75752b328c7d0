"""Tests of a connection before a video appointment."""

from alembic import op
import sqlalchemy as sa


revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('connection_tests',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=True),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=True),
    sa.Column('office_slug', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('measurements', sa.JSON(), nullable=False),
    sa.Column('our_side', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_connection_tests')),
    sa.UniqueConstraint('code', name=op.f('uq_connection_tests_code')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_connection_tests_token_hash'))
    )
    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.create_index('ix_connection_tests_appointment_id', ['appointment_id', 'reported_at'], unique=False)
