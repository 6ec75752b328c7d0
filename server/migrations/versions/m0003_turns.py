"""Line settings, tickets placed by a host, transfers, ranges announced at issue."""

from alembic import op
import sqlalchemy as sa


revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('offices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))

    with op.batch_alter_table('appointments', schema=None) as batch_op:
        batch_op.add_column(sa.Column('booked_by', sa.String(length=80), nullable=False, server_default='citizen'))
        batch_op.add_column(sa.Column('override', sa.String(length=300), nullable=True))

    with op.batch_alter_table('lines', schema=None) as batch_op:
        batch_op.add_column(sa.Column('rules', sa.JSON(), nullable=False, server_default='{}'))
        batch_op.add_column(sa.Column('stop_reason', sa.Text(), nullable=True))

    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.add_column(sa.Column('issued_line_id', sa.String(length=26), nullable=True))
        batch_op.add_column(sa.Column('placed_at', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('shown_earliest', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('shown_latest', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('notify', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('sms_phone', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('told_next', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.add_column(sa.Column('told_earliest', sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('told_latest', sa.DateTime(timezone=True), nullable=True))
    op.execute('UPDATE tickets SET issued_line_id = line_id')
    with op.batch_alter_table('tickets', schema=None) as batch_op:
        batch_op.alter_column('issued_line_id', existing_type=sa.String(length=26), nullable=False)
        batch_op.drop_constraint('uq_tickets_line_id_day_number', type_='unique')
        batch_op.create_unique_constraint('uq_tickets_issued_line_id_day_number', ['issued_line_id', 'day', 'number'])
        batch_op.create_foreign_key('fk_tickets_issued_line_id_lines', 'lines', ['issued_line_id'], ['id'])

    op.create_table(
        'push_subscriptions',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('subject', sa.String(length=64), nullable=False),
        sa.Column('endpoint', sa.Text(), nullable=False),
        sa.Column('endpoint_hash', sa.String(length=64), nullable=False),
        sa.Column('p256dh', sa.String(length=120), nullable=False),
        sa.Column('auth', sa.String(length=40), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_push_subscriptions')),
        sa.UniqueConstraint('subject', 'endpoint_hash', name=op.f('uq_push_subscriptions_subject_endpoint_hash')),
    )
    op.create_index('ix_push_subscriptions_expires_at', 'push_subscriptions', ['expires_at'])
    active = "state IN ('called', 'missed', 'on_hold', 'serving', 'standby', 'waiting')"
    op.create_index(
        'ix_tickets_active_office', 'tickets', ['office_id'], sqlite_where=sa.text(active), postgresql_where=sa.text(active)
    )
    finished = "state IN ('finished')"
    op.create_index(
        'ix_tickets_finished_calls',
        'tickets',
        ['office_id', 'called_at'],
        sqlite_where=sa.text(finished),
        postgresql_where=sa.text(finished),
    )
    op.create_index(
        'ix_tickets_notify', 'tickets', ['state'], sqlite_where=sa.text('notify = 1'), postgresql_where=sa.text('notify')
    )

    op.create_table(
        'office_events',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('line_id', sa.String(length=26), nullable=True),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('action', sa.String(length=32), nullable=False),
        sa.Column('actor', sa.String(length=80), nullable=False),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_office_events_office_id_offices')),
        sa.ForeignKeyConstraint(['line_id'], ['lines.id'], name=op.f('fk_office_events_line_id_lines')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_office_events')),
    )
    op.create_index('ix_office_events_office_id_at', 'office_events', ['office_id', 'at'])
