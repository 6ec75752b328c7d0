"""The first schema.

Written out instead of taken from the models, because a migration must not change with them. There is no downgrade;
restore a backup instead.
"""

from alembic import op
import sqlalchemy as sa


revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('api_keys',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('key_hash', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('all_offices', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_keys')),
    sa.UniqueConstraint('key_hash', name=op.f('uq_api_keys_key_hash'))
    )
    op.create_table('guesses',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('subject', sa.String(length=120), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guesses'))
    )
    with op.batch_alter_table('guesses', schema=None) as batch_op:
        batch_op.create_index('ix_guesses_subject_at', ['subject', 'at'], unique=False)

    op.create_table('idempotent_requests',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('claimed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answer', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_idempotent_requests'))
    )
    with op.batch_alter_table('idempotent_requests', schema=None) as batch_op:
        batch_op.create_index('ix_idempotent_requests_claimed_at', ['claimed_at'], unique=False)

    op.create_table('offices',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('phone', sa.String(length=32), nullable=False),
    sa.Column('timezone', sa.String(length=64), nullable=False),
    sa.Column('access', sa.JSON(), nullable=True),
    sa.Column('paused', sa.Boolean(), nullable=False),
    sa.Column('pause_message', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offices')),
    sa.UniqueConstraint('slug', name=op.f('uq_offices_slug'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('key', sa.String(length=120), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failure', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['state', 'not_before'], unique=False)
        batch_op.create_index('ix_outbox_subject', ['subject'], unique=False)

    op.create_table('rooms',
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('office_slug', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('end_reason', sa.String(length=32), nullable=True),
    sa.Column('outcome', sa.String(length=40), nullable=True),
    sa.PrimaryKeyConstraint('appointment_id', name=op.f('pk_rooms'))
    )
    with op.batch_alter_table('rooms', schema=None) as batch_op:
        batch_op.create_index('ix_rooms_office_id_ended_at', ['office_id', 'ended_at'], unique=False)

    op.create_table('sent_messages',
    sa.Column('message_id', sa.String(length=200), nullable=False),
    sa.Column('outbox_id', sa.String(length=26), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('recipient', sa.String(length=320), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('message_id', name=op.f('pk_sent_messages')),
    sa.UniqueConstraint('outbox_id', name=op.f('uq_sent_messages_outbox_id'))
    )
    with op.batch_alter_table('sent_messages', schema=None) as batch_op:
        batch_op.create_index('ix_sent_messages_sent_at', ['sent_at'], unique=False)

    op.create_table('timers',
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('subject', sa.String(length=64), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('kind', 'subject', name=op.f('pk_timers'))
    )
    with op.batch_alter_table('timers', schema=None) as batch_op:
        batch_op.create_index('ix_timers_due_at', ['due_at'], unique=False)

    op.create_table('users',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('all_offices', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('username', name=op.f('uq_users_username'))
    )
    op.create_table('api_key_offices',
    sa.Column('key_id', sa.String(length=26), nullable=False),
    sa.Column('office', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['api_keys.id'], name=op.f('fk_api_key_offices_key_id_api_keys')),
    sa.ForeignKeyConstraint(['office'], ['offices.slug'], name=op.f('fk_api_key_offices_office_offices'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('key_id', 'office', name=op.f('pk_api_key_offices'))
    )
    op.create_table('closures',
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(length=120), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_closures_office_id_offices')),
    sa.PrimaryKeyConstraint('office_id', 'day', name=op.f('pk_closures'))
    )
    op.create_table('desks',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('way', sa.JSON(), nullable=False),
    sa.Column('arrow', sa.String(length=8), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_desks_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desks')),
    sa.UniqueConstraint('office_id', 'name', name=op.f('uq_desks_office_id_name'))
    )
    op.create_table('extra_openings',
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_extra_openings_office_id_offices')),
    sa.PrimaryKeyConstraint('office_id', 'day', 'opens', name=op.f('pk_extra_openings'))
    )
    op.create_table('lines',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('letter', sa.String(length=1), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('stopped', sa.Boolean(), nullable=False),
    sa.Column('daily_quota', sa.Integer(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_lines_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lines')),
    sa.UniqueConstraint('office_id', 'letter', name=op.f('uq_lines_office_id_letter')),
    sa.UniqueConstraint('office_id', 'slug', name=op.f('uq_lines_office_id_slug'))
    )
    op.create_table('openings',
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('opens', sa.Time(), nullable=False),
    sa.Column('closes', sa.Time(), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_openings_office_id_offices')),
    sa.PrimaryKeyConstraint('office_id', 'weekday', 'opens', name=op.f('pk_openings'))
    )
    op.create_table('room_events',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('participant_id', sa.String(length=26), nullable=True),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['appointment_id'], ['rooms.appointment_id'], name=op.f('fk_room_events_appointment_id_rooms'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_events'))
    )
    with op.batch_alter_table('room_events', schema=None) as batch_op:
        batch_op.create_index('ix_room_events_appointment_id_at', ['appointment_id', 'at'], unique=False)

    op.create_table('room_participants',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=False),
    sa.Column('person', sa.String(length=64), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('place', sa.String(length=16), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('first_joined_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('admitted_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('media', sa.JSON(), nullable=False),
    sa.Column('agent_state', sa.String(length=16), nullable=True),
    sa.Column('message', sa.Text(), nullable=True),
    sa.Column('test_code', sa.String(length=16), nullable=True),
    sa.ForeignKeyConstraint(['appointment_id'], ['rooms.appointment_id'], name=op.f('fk_room_participants_appointment_id_rooms'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_room_participants')),
    sa.UniqueConstraint('appointment_id', 'person', name=op.f('uq_room_participants_appointment_id_person'))
    )
    op.create_table('staff_sessions',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_staff_sessions_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_sessions')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_staff_sessions_token_hash'))
    )
    with op.batch_alter_table('staff_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_staff_sessions_expires_at', ['expires_at'], unique=False)
        batch_op.create_index('ix_staff_sessions_user_id', ['user_id'], unique=False)

    op.create_table('user_offices',
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('office', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['office'], ['offices.slug'], name=op.f('fk_user_offices_office_offices'), onupdate='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_offices_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', 'office', name=op.f('pk_user_offices'))
    )
    op.create_table('desk_lines',
    sa.Column('desk_id', sa.String(length=26), nullable=False),
    sa.Column('line_id', sa.String(length=26), nullable=False),
    sa.Column('preference', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['desk_id'], ['desks.id'], name=op.f('fk_desk_lines_desk_id_desks')),
    sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_desk_lines_line_id_lines')),
    sa.PrimaryKeyConstraint('desk_id', 'line_id', name=op.f('pk_desk_lines'))
    )
    op.create_table('desk_sessions',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('desk_id', sa.String(length=26), nullable=False),
    sa.Column('agent_id', sa.String(length=64), nullable=False),
    sa.Column('agent_name', sa.String(length=120), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['desk_id'], ['desks.id'], name=op.f('fk_desk_sessions_desk_id_desks')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_desk_sessions_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_desk_sessions'))
    )
    with op.batch_alter_table('desk_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_desk_sessions_office_id', ['office_id'], unique=False)
        batch_op.create_index('uq_desk_sessions_open_agent', ['agent_id'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))
        batch_op.create_index('uq_desk_sessions_open_desk', ['desk_id'], unique=True, sqlite_where=sa.text('closed_at IS NULL'), postgresql_where=sa.text('closed_at IS NULL'))

    op.create_table('line_days',
    sa.Column('line_id', sa.String(length=26), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('issued', sa.Integer(), nullable=False),
    sa.Column('walk_ins', sa.Integer(), nullable=False),
    sa.Column('last_calls', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_line_days_line_id_lines')),
    sa.PrimaryKeyConstraint('line_id', 'day', name=op.f('pk_line_days'))
    )
    op.create_table('room_presences',
    sa.Column('participant_id', sa.String(length=26), nullable=False),
    sa.Column('session_hash', sa.String(length=64), nullable=False),
    sa.Column('connected', sa.Boolean(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['participant_id'], ['room_participants.id'], name=op.f('fk_room_presences_participant_id_room_participants'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('participant_id', name=op.f('pk_room_presences')),
    sa.UniqueConstraint('session_hash', name=op.f('uq_room_presences_session_hash'))
    )
    op.create_table('services',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('line_id', sa.String(length=26), nullable=False),
    sa.Column('slug', sa.String(length=64), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('names', sa.JSON(), nullable=False),
    sa.Column('modes', sa.JSON(), nullable=False),
    sa.Column('walk_in', sa.Boolean(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('bring', sa.JSON(), nullable=True),
    sa.Column('capacity', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_services_line_id_lines')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_services_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_services')),
    sa.UniqueConstraint('office_id', 'slug', name=op.f('uq_services_office_id_slug'))
    )
    op.create_table('tickets',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('line_id', sa.String(length=26), nullable=False),
    sa.Column('service', sa.String(length=64), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=12), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('priority', sa.String(length=16), nullable=False),
    sa.Column('preferential_requested', sa.Boolean(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('since', sa.DateTime(timezone=True), nullable=False),
    sa.Column('issued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('arrived_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expected', sa.Interval(), nullable=False),
    sa.Column('appointment_id', sa.String(length=26), nullable=True),
    sa.Column('appointment_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('desk_id', sa.String(length=26), nullable=True),
    sa.Column('agent_id', sa.String(length=64), nullable=True),
    sa.Column('called_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('recalls', sa.Integer(), nullable=False),
    sa.Column('rejoins', sa.Integer(), nullable=False),
    sa.Column('postpones', sa.Integer(), nullable=False),
    sa.Column('not_before', sa.DateTime(timezone=True), nullable=True),
    sa.Column('returns_to', sa.String(length=26), nullable=True),
    sa.Column('passes_left', sa.Integer(), nullable=False),
    sa.Column('reason', sa.String(length=32), nullable=True),
    sa.Column('help', sa.Boolean(), nullable=False),
    sa.Column('outcome', sa.String(length=64), nullable=True),
    sa.Column('note', sa.Text(), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('phone', sa.String(length=32), nullable=True),
    sa.Column('device_hash', sa.String(length=64), nullable=True),
    sa.Column('device_key', sa.String(length=64), nullable=True),
    sa.Column('email_key', sa.String(length=64), nullable=True),
    sa.Column('phone_key', sa.String(length=64), nullable=True),
    sa.Column('request_key', sa.String(length=64), nullable=True),
    sa.Column('request_digest', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['desk_id'], ['desks.id'], name=op.f('fk_tickets_desk_id_desks')),
    sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_tickets_line_id_lines')),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_tickets_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_tickets')),
    sa.UniqueConstraint('line_id', 'day', 'number', name=op.f('uq_tickets_line_id_day_number')),
    sa.UniqueConstraint('request_key', name=op.f('uq_tickets_request_key')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_tickets_token_hash'))
    )
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.create_index('ix_tickets_line_id_state', ['line_id', 'state'], unique=False)
        batch_op.create_index('ix_tickets_office_id_day', ['office_id', 'day'], unique=False)
        batch_op.create_index('uq_tickets_active_appointment', ['appointment_id'], unique=True, sqlite_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"), postgresql_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"))
        batch_op.create_index('uq_tickets_active_device', ['device_key'], unique=True, sqlite_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"), postgresql_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"))
        batch_op.create_index('uq_tickets_active_email', ['email_key'], unique=True, sqlite_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"), postgresql_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"))
        batch_op.create_index('uq_tickets_active_phone', ['phone_key'], unique=True, sqlite_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"), postgresql_where=sa.text("state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"))
        batch_op.create_index('uq_tickets_at_desk', ['desk_id'], unique=True, sqlite_where=sa.text("state IN ('called', 'serving')"), postgresql_where=sa.text("state IN ('called', 'serving')"))

    op.create_table('agendas',
    sa.Column('service_id', sa.String(length=26), nullable=False),
    sa.Column('bookings', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['service_id'], ['services.id'], name=op.f('fk_agendas_service_id_services')),
    sa.PrimaryKeyConstraint('service_id', name=op.f('pk_agendas'))
    )
    op.create_table('appointments',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('locator', sa.String(length=8), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('office_slug', sa.String(length=64), nullable=False),
    sa.Column('service_id', sa.String(length=26), nullable=False),
    sa.Column('service_slug', sa.String(length=64), nullable=False),
    sa.Column('mode', sa.String(length=16), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('email_key', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('document', sa.String(length=40), nullable=True),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('needs', sa.JSON(), nullable=False),
    sa.Column('calendar_uid', sa.String(length=26), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('rescheduled_to', sa.String(length=26), nullable=True),
    sa.Column('request_key', sa.String(length=64), nullable=True),
    sa.Column('request_digest', sa.String(length=64), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_appointments_office_id_offices')),
    sa.ForeignKeyConstraint(['rescheduled_to'], ['appointments.id'], name=op.f('fk_appointments_rescheduled_to_appointments')),
    sa.ForeignKeyConstraint(['service_id'], ['services.id'], name=op.f('fk_appointments_service_id_services')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointments')),
    sa.UniqueConstraint('locator', name=op.f('uq_appointments_locator')),
    sa.UniqueConstraint('request_key', name=op.f('uq_appointments_request_key')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_appointments_token_hash'))
    )
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.create_index('ix_appointments_agenda', ['service_id', 'mode', 'starts_at'], unique=False)
        batch_op.create_index('ix_appointments_day', ['office_id', 'starts_at'], unique=False)
        batch_op.create_index('ix_appointments_person', ['service_id', 'email_key'], unique=False)

    op.create_table('ticket_events',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('ticket_id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('action', sa.String(length=32), nullable=False),
    sa.Column('actor', sa.String(length=80), nullable=False),
    sa.Column('before', sa.String(length=16), nullable=True),
    sa.Column('after', sa.String(length=16), nullable=False),
    sa.Column('details', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_events_ticket_id_tickets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_events'))
    )
    with op.batch_alter_table('ticket_events', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_events_ticket_id', ['ticket_id'], unique=False)

    op.create_table('ticket_segments',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('ticket_id', sa.String(length=26), nullable=False),
    sa.Column('line_id', sa.String(length=26), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('desk_id', sa.String(length=26), nullable=True),
    sa.Column('agent_id', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_ticket_segments_line_id_lines')),
    sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_segments_ticket_id_tickets')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ticket_segments'))
    )
    with op.batch_alter_table('ticket_segments', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_segments_ticket_id', ['ticket_id'], unique=False)
