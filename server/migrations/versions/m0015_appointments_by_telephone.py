"""Telephone calls of agents, and moves that no message told.

An appointment without e-mail has an empty one, and needs no new column for that.
"""

from alembic import op
import sqlalchemy as sa


revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('phone_calls',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('service_id', sa.String(length=26), nullable=False),
    sa.Column('agent_id', sa.String(length=64), nullable=False),
    sa.Column('expected_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('result', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_phone_calls_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_calls'))
    )
    with op.batch_alter_table('phone_calls', schema=None) as batch_op:
        batch_op.create_index('ix_phone_calls_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_phone_calls_day', ['office_id', 'called_at'], unique=False)

    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('untold', sa.Boolean(), server_default=sa.false(), nullable=False))
