"""Video calls: documents, accepted texts, guests, transfers, signs, telephone, survey."""

from alembic import op
import sqlalchemy as sa


revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE connection_tests, offices, rooms, room_participants IN SHARE ROW EXCLUSIVE MODE')

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
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
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

    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('quick', sa.Boolean(), server_default=sa.false(), nullable=False))

    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.add_column(sa.Column('called_back_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('called_back_by', sa.JSON(), nullable=True))
        batch_op.add_column(sa.Column('kept_until', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('room_participants', schema=None) as batch_op:
        batch_op.add_column(sa.Column('test', sa.JSON(), nullable=True))

    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.add_column(sa.Column('signs', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('by_phone_since', sa.DateTime(timezone=True), nullable=True))

    op.create_table('room_surveys',
    sa.Column('participant_id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('overall', sa.String(length=8), nullable=False),
    sa.Column('sound', sa.String(length=8), nullable=True),
    sa.Column('picture', sa.String(length=8), nullable=True),
    sa.Column('words', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['rooms.appointment_id'], name=op.f('fk_room_surveys_appointment_id_rooms'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['participant_id'], ['room_participants.id'], name=op.f('fk_room_surveys_participant_id_room_participants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('participant_id', name=op.f('pk_room_surveys'))
    )
    with op.batch_alter_table('room_surveys', schema=None) as batch_op:
        batch_op.create_index('ix_room_surveys_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_room_surveys_answered_at', ['answered_at'], unique=False)
