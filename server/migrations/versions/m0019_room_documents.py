"""Documents that are sent in a video room."""

from alembic import op
import sqlalchemy as sa


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE rooms, room_participants IN SHARE ROW EXCLUSIVE MODE')

    op.create_table('room_documents',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('participant_id', sa.String(length=26), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=100), nullable=True),
    sa.Column('received', sa.Integer(), nullable=False),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('touched_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['rooms.appointment_id'], name=op.f('fk_room_documents_appointment_id_rooms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['participant_id'], ['room_participants.id'], name=op.f('fk_room_documents_participant_id_room_participants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_documents'))
    )
    with op.batch_alter_table('room_documents', schema=None) as batch_op:
        batch_op.create_index('ix_room_documents_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_room_documents_begun_at', ['begun_at'], unique=False)

    op.create_table('room_document_parts',
    sa.Column('document_id', sa.String(length=26), nullable=False),
    sa.Column('start', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['room_documents.id'], name=op.f('fk_room_document_parts_document_id_room_documents'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('document_id', 'start', name=op.f('pk_room_document_parts'))
    )
