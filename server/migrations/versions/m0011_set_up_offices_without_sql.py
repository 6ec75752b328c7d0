"""Columns and tables of the manager's console: audit, site, account links, removals.

Tables are locked in the order in which a transaction would write to all of them, parents first: another order
could deadlock with a process that serves.
"""

from alembic import op
import sqlalchemy as sa


revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('api_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.alter_column('country', existing_type=sa.String(length=2), server_default=None)
        batch_op.alter_column('subdivision', existing_type=sa.String(length=6), server_default=None)
        batch_op.add_column(sa.Column('town', sa.String(length=80), server_default='', nullable=False))
        batch_op.add_column(sa.Column('choices', sa.JSON(), server_default='{}', nullable=False))
        batch_op.add_column(sa.Column('listed', sa.Boolean(), server_default=sa.true(), nullable=False))

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('email', sa.String(length=254), nullable=True))
        batch_op.alter_column('password_hash', existing_type=sa.String(length=200), nullable=True)

    with op.batch_alter_table('desks', schema=None) as batch_op:
        batch_op.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))

    with op.batch_alter_table('lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('removed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('stop_texts', sa.JSON(), nullable=True))
        batch_op.alter_column('letter', existing_type=sa.String(length=1), nullable=True)

    with op.batch_alter_table('staff_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('device', sa.String(length=80), nullable=True))

    with op.batch_alter_table('ticket_events', schema=None) as batch_op:
        batch_op.create_index('ix_ticket_events_at', ['at'], unique=False)

    with op.batch_alter_table('room_events', schema=None) as batch_op:
        batch_op.create_index('ix_room_events_at', ['at'], unique=False)

    op.create_table('account_links',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('purpose', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_account_links_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_account_links_token_hash'))
    )
    with op.batch_alter_table('account_links', schema=None) as batch_op:
        batch_op.create_index('ix_account_links_user_id', ['user_id'], unique=False)

    op.create_table('audit_entries',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.String(length=64), nullable=True),
    sa.Column('actor_name', sa.String(length=120), nullable=False),
    sa.Column('action', sa.String(length=40), nullable=False),
    sa.Column('subject_type', sa.String(length=20), nullable=False),
    sa.Column('subject_id', sa.String(length=64), nullable=False),
    sa.Column('subject_label', sa.String(length=160), nullable=False),
    sa.Column('office', sa.String(length=64), nullable=True),
    sa.Column('before', sa.JSON(), nullable=True),
    sa.Column('after', sa.JSON(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entries'))
    )
    with op.batch_alter_table('audit_entries', schema=None) as batch_op:
        batch_op.create_index('ix_audit_entries_at', ['at'], unique=False)
        batch_op.create_index('ix_audit_entries_office_at', ['office', 'at'], unique=False)
        batch_op.create_index('ix_audit_entries_subject_id', ['subject_id'], unique=False)

    op.create_table('site',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('profile', sa.JSON(), nullable=False),
    sa.Column('logo', sa.LargeBinary(), nullable=True),
    sa.Column('logo_type', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_site'))
    )

    op.create_table('visit_notes',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('ticket_id', sa.String(length=26), nullable=True),
    sa.Column('appointment_id', sa.String(length=26), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('author_id', sa.String(length=64), nullable=True),
    sa.Column('author_name', sa.String(length=120), nullable=False),
    sa.Column('place', sa.String(length=80), nullable=False),
    sa.Column('outcome', sa.String(length=64), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('email_key', sa.String(length=64), nullable=True),
    sa.Column('phone_key', sa.String(length=64), nullable=True),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_visit_notes_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_notes'))
    )
    with op.batch_alter_table('visit_notes', schema=None) as batch_op:
        batch_op.create_index('ix_visit_notes_appointment_id', ['appointment_id'], unique=False)
        batch_op.create_index('ix_visit_notes_at', ['at'], unique=False)
        batch_op.create_index('ix_visit_notes_email_key', ['email_key'], unique=False)
        batch_op.create_index('ix_visit_notes_phone_key', ['phone_key'], unique=False)
        batch_op.create_index('ix_visit_notes_ticket_id', ['ticket_id'], unique=False)

    # The notes that agents wrote when they finished a visit; their desk and name are not known any more.
    op.execute(
        "INSERT INTO visit_notes (id, at, office_id, ticket_id, appointment_id, kind, author_id, author_name, place,"
        " outcome, text)"
        " SELECT id, since, office_id, id, appointment_id, 'finished', agent_id, '', '', outcome, note"
        " FROM tickets WHERE note IS NOT NULL"
    )
