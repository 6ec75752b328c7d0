"""Texts that citizens accept in a video room."""

from alembic import op
import sqlalchemy as sa


revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE offices, rooms IN SHARE ROW EXCLUSIVE MODE')

    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('acceptance_texts', sa.JSON(), server_default='{}', nullable=False))

    op.create_table('room_acceptances',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('text_key', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('text_hash', sa.String(length=64), nullable=False),
    sa.Column('locator', sa.String(length=16), nullable=False),
    sa.Column('citizen_name', sa.String(length=120), nullable=False),
    sa.Column('agent_id', sa.String(length=64), nullable=False),
    sa.Column('agent_name', sa.String(length=120), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('offered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('channel', sa.String(length=16), nullable=True),
    sa.Column('sent_to', sa.String(length=320), nullable=True),
    sa.Column('code_number', sa.Integer(), nullable=False),
    sa.Column('code_sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('wrong_codes', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['rooms.appointment_id'], name=op.f('fk_room_acceptances_appointment_id_rooms'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_acceptances'))
    )
    with op.batch_alter_table('room_acceptances', schema=None) as batch_op:
        batch_op.create_index('ix_room_acceptances_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_room_acceptances_offered_at', ['offered_at'], unique=False)
