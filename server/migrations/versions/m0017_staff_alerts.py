"""Alerts of staff and emergencies at desks."""

from alembic import op
import sqlalchemy as sa


revision = '0017'
down_revision = '0016'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE offices, users IN SHARE ROW EXCLUSIVE MODE')

    op.create_table('alert_settings',
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('lobby', sa.Boolean(), nullable=False),
    sa.Column('help', sa.Boolean(), nullable=False),
    sa.Column('long_wait', sa.Boolean(), nullable=False),
    sa.Column('wait_minutes', sa.Integer(), nullable=False),
    sa.Column('chime', sa.Boolean(), nullable=False),
    sa.Column('volume', sa.Integer(), nullable=False),
    sa.Column('desktop', sa.Boolean(), nullable=False),
    sa.Column('push_offices', sa.JSON(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_alert_settings_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_alert_settings'))
    )

    op.create_table('alert_devices',
    sa.Column('subscription_id', sa.String(length=26), nullable=False),
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('label', sa.String(length=80), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_alert_devices_user_id_users')),
    sa.PrimaryKeyConstraint('subscription_id', name=op.f('pk_alert_devices'))
    )
    with op.batch_alter_table('alert_devices', schema=None) as batch_op:
        batch_op.create_index('ix_alert_devices_user_id', ['user_id'], unique=False)

    op.create_table('emergencies',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('office_id', sa.String(length=26), nullable=False),
    sa.Column('desk_id', sa.String(length=26), nullable=True),
    sa.Column('appointment_id', sa.String(length=26), nullable=True),
    sa.Column('desk', sa.String(length=40), nullable=False),
    sa.Column('starter_id', sa.String(length=64), nullable=False),
    sa.Column('starter', sa.String(length=120), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('answers', sa.JSON(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ender_id', sa.String(length=64), nullable=True),
    sa.Column('false_alarm', sa.Boolean(), nullable=False),
    sa.Column('note', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_emergencies_office_id_offices')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_emergencies'))
    )
    with op.batch_alter_table('emergencies', schema=None) as batch_op:
        batch_op.create_index('ix_emergencies_open', ['office_id'], unique=False, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('uq_emergencies_open_starter', ['starter_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index('ix_emergencies_ended_at', ['ended_at'], unique=False)
