"""Booking rules, holds, verification, waitlist, reminders, chatbot, notifications."""

from alembic import op
import sqlalchemy as sa


revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'holds',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('purpose', sa.String(length=16), nullable=False),
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('service_id', sa.String(length=26), nullable=False),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('more_services', sa.JSON(), nullable=False, server_default='[]'),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('holder', sa.String(length=64), nullable=False),
        sa.Column('address', sa.String(length=24), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_holds_office_id_offices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_holds')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_holds_token_hash')),
    )
    op.create_index('ix_holds_agenda', 'holds', ['office_id', 'starts_at'])
    op.create_index('ix_holds_holder', 'holds', ['holder'])
    op.create_index('ix_holds_expires_at', 'holds', ['expires_at'])
    op.create_index('ix_holds_address', 'holds', ['address'])
    op.create_table(
        'closed_spans',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('service_id', sa.String(length=26), nullable=True),
        sa.Column('mode', sa.String(length=16), nullable=True),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_closed_spans_office_id_offices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_closed_spans')),
    )
    op.create_index('ix_closed_spans_agenda', 'closed_spans', ['office_id', 'ends_at'])
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('needs_note', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('kept_until', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('lapsed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('device', sa.String(length=24), nullable=True))
        batch_op.add_column(sa.Column('address', sa.String(length=24), nullable=True))
    op.create_index('ix_appointments_mailbox', 'appointments', ['email_key'])
    op.create_index('ix_appointments_state', 'appointments', ['state', 'starts_at'])
    op.create_index('ix_appointments_address', 'appointments', ['address'])
    told = sa.text("email_key <> ''")
    op.create_index('ix_appointments_told', 'appointments', ['ends_at'], sqlite_where=told, postgresql_where=told)
    op.create_table(
        'mailboxes',
        sa.Column('email_key', sa.String(length=64), nullable=False),
        sa.Column('verified_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('email_key', name=op.f('pk_mailboxes')),
    )
    op.create_table(
        'mailbox_checks',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('email_key', sa.String(length=64), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_mailbox_checks')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_mailbox_checks_token_hash')),
    )
    op.create_index('ix_mailbox_checks_email_key', 'mailbox_checks', ['email_key'])
    op.create_table(
        'spent_proofs',
        sa.Column('signature', sa.String(length=64), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('signature', name=op.f('pk_spent_proofs')),
    )
    op.create_index('ix_spent_proofs_expires_at', 'spent_proofs', ['expires_at'])

    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('booking', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('country', sa.String(length=2), nullable=True, server_default='ES'))
        batch_op.add_column(sa.Column('subdivision', sa.String(length=6), nullable=True, server_default='MD'))
        batch_op.add_column(sa.Column('holidays_until', sa.Integer(), nullable=False, server_default='0'))
    # Offices outside Madrid's time zone keep no holidays until their region is set.
    op.execute("UPDATE offices SET country = NULL, subdivision = NULL WHERE timezone <> 'Europe/Madrid'")
    with op.batch_alter_table('services', schema=None) as batch_op:
        batch_op.add_column(sa.Column('booking', sa.JSON(), nullable=False, server_default='{}'))
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('more_services', sa.JSON(), nullable=False, server_default='[]'))
        batch_op.add_column(sa.Column('service_names', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.drop_constraint('fk_appointments_service_id_services', type_='foreignkey')
    named = 'SELECT names FROM services WHERE services.id = appointments.service_id'
    op.execute(f'UPDATE appointments SET service_names = ({named})')  # noqa: S608 - a constant
    op.drop_table('agendas')  # its rows exist only to be locked
    op.create_table(
        'agendas',
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('bookings', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_agendas_office_id_offices')),
        sa.PrimaryKeyConstraint('office_id', name=op.f('pk_agendas')),
    )

    op.drop_index('ix_timers_due_at', 'timers')
    op.create_index('ix_timers_due', 'timers', ['kind', 'due_at'])
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.add_column(sa.Column('office', sa.String(length=64), nullable=True))
    unfinished = "state IN ('pending', 'sending')"
    op.drop_index('ix_outbox_due', 'outbox')
    op.create_index(
        'ix_outbox_due',
        'outbox',
        ['channel', 'not_before', 'id'],
        sqlite_where=sa.text(unfinished),
        postgresql_where=sa.text(unfinished),
    )
    op.create_index('ix_outbox_state', 'outbox', ['state', 'channel'])
    op.create_index('ix_outbox_day', 'outbox', ['not_before', 'office'])
    op.create_index('ix_sent_messages_recipient', 'sent_messages', ['recipient', 'sent_at'])
    op.create_table(
        'notice_refusals',
        sa.Column('contact_hash', sa.String(length=64), nullable=False),
        sa.Column('kinds', sa.String(length=32), nullable=False),
        sa.Column('refused_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('contact_hash', 'kinds', name=op.f('pk_notice_refusals')),
    )
    op.create_table(
        'notice_alarms',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('alarm', sa.String(length=64), nullable=False),
        sa.Column('raised_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('day', 'alarm', name=op.f('pk_notice_alarms')),
    )
    op.create_table(
        'notice_events',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('outbox_id', sa.String(length=26), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.String(length=64), nullable=False),
        sa.Column('actor_name', sa.String(length=120), nullable=False),
        sa.Column('event', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_notice_events')),
    )
    op.create_index('ix_notice_events_outbox_id', 'notice_events', ['outbox_id'])

    with op.batch_alter_table('appointments') as batch_op:
        batch_op.add_column(sa.Column('remind_by_sms', sa.Boolean(), server_default=sa.false(), nullable=False))
        batch_op.add_column(sa.Column('told_starts_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('latest_told_at', sa.DateTime(timezone=True), nullable=True))
    with op.batch_alter_table('tickets') as batch_op:
        batch_op.add_column(sa.Column('told_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('more_services', sa.JSON(), nullable=False, server_default='[]'))
    with op.batch_alter_table('ticket_segments') as batch_op:
        batch_op.add_column(sa.Column('services', sa.String(length=330), nullable=True))
    personal = 'name IS NOT NULL OR email IS NOT NULL OR phone IS NOT NULL OR sms_phone IS NOT NULL'
    op.create_index(
        'ix_tickets_personal',
        'tickets',
        ['since'],
        sqlite_where=sa.text(personal),
        postgresql_where=sa.text(personal),
    )
    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('moves', sa.Integer(), server_default='0', nullable=False))
        batch_op.add_column(sa.Column('cancel_reason', sa.String(length=300), nullable=True))
        batch_op.add_column(sa.Column('may_enter_at', sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        'earlier_wishes',
        sa.Column('appointment_id', sa.String(length=26), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('not_before', sa.Date(), nullable=True),
        sa.Column('part', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(
            ['appointment_id'], ['appointments.id'], name=op.f('fk_earlier_wishes_appointment_id_appointments')
        ),
        sa.PrimaryKeyConstraint('appointment_id', name=op.f('pk_earlier_wishes')),
    )
    op.create_table(
        'waiting_list',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('service_slug', sa.String(length=64), nullable=False),
        sa.Column('more_services', sa.JSON(), nullable=False, server_default='[]'),
        sa.Column('office_id', sa.String(length=26), nullable=True),
        sa.Column('mode', sa.String(length=16), nullable=True),
        sa.Column('email', sa.String(length=254), nullable=False),
        sa.Column('email_key', sa.String(length=64), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('address', sa.String(length=24), nullable=True),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_waiting_list_office_id_offices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_waiting_list')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_waiting_list_token_hash')),
        sa.UniqueConstraint('email_key', 'service_slug', name=op.f('uq_waiting_list_email_key_service_slug')),
    )
    op.create_index('ix_waiting_list_service', 'waiting_list', ['service_slug', 'state'])
    op.create_index('ix_waiting_list_expires_at', 'waiting_list', ['expires_at'])
    op.create_index('ix_waiting_list_address', 'waiting_list', ['address'])
    op.create_table(
        'offers',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('place', sa.String(length=26), nullable=False),
        sa.Column('taker', sa.String(length=16), nullable=False),
        sa.Column('taker_id', sa.String(length=26), nullable=False),
        sa.Column('open_for', sa.String(length=80), nullable=True),
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('service_id', sa.String(length=26), nullable=False),
        sa.Column('mode', sa.String(length=16), nullable=False),
        sa.Column('starts_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('ends_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('state', sa.String(length=16), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_offers_office_id_offices')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_offers')),
        sa.UniqueConstraint('open_for', name=op.f('uq_offers_open_for')),
    )
    op.create_index('ix_offers_place', 'offers', ['place'])
    op.create_index('ix_offers_taker', 'offers', ['taker_id', 'state'])

    with op.batch_alter_table('connection_tests', schema=None) as batch_op:
        batch_op.add_column(sa.Column('finished', sa.Boolean(), nullable=False, server_default=sa.true()))
        batch_op.add_column(sa.Column('moments', sa.JSON(), nullable=False, server_default='{}'))

    with op.batch_alter_table('services', schema=None) as batch_op:
        batch_op.add_column(sa.Column('words', sa.JSON(), nullable=False, server_default='{}'))

    op.create_table(
        'chat_sessions',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('token_hash', sa.String(length=64), nullable=False),
        sa.Column('state', sa.JSON(), nullable=False),
        sa.Column('turns', sa.JSON(), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('request_key', sa.String(length=64), nullable=True),
        sa.Column('origin', sa.String(length=32), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_sessions')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_chat_sessions_token_hash')),
    )
    op.create_index('ix_chat_sessions_expires_at', 'chat_sessions', ['expires_at'])
    op.create_index('ix_chat_sessions_origin_created_at', 'chat_sessions', ['origin', 'created_at'])
