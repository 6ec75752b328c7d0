"""Guests of video rooms, by a link of their own; hold and transfer of calls."""

from alembic import op
import sqlalchemy as sa


revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('room_invites',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('channel', sa.String(length=8), nullable=False),
    sa.Column('contact', sa.String(length=254), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.String(length=120), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('device_hash', sa.String(length=64), nullable=True),
    sa.Column('participant_id', sa.String(length=26), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_invites')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_room_invites_token_hash'))
    )
    with op.batch_alter_table('room_invites', schema=None) as batch_op:
        batch_op.create_index('ix_room_invites_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_room_invites_created_at', ['created_at'], unique=False)

    op.create_table('room_transfers',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('from_id', sa.String(length=64), nullable=False),
    sa.Column('from_name', sa.String(length=120), nullable=False),
    sa.Column('to_id', sa.String(length=64), nullable=False),
    sa.Column('to_name', sa.String(length=120), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('state_since', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_transfers'))
    )
    with op.batch_alter_table('room_transfers', schema=None) as batch_op:
        batch_op.create_index('ix_room_transfers_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_room_transfers_office_id', ['office_id', 'created_at'], unique=False)

    with op.batch_alter_table('room_participants', schema=None) as batch_op:
        batch_op.add_column(sa.Column('held_since', sa.DateTime(timezone=True), nullable=True))
