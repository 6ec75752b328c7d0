"""Login by the organisation's identity provider.

Tables are locked in the order in which a transaction would write to all of them, parents first.
"""

from alembic import op
import sqlalchemy as sa


revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE offices, users, staff_sessions IN SHARE ROW EXCLUSIVE MODE')

    with op.batch_alter_table('users', schema=None) as batch_op:
        batch_op.add_column(sa.Column('external_id', sa.String(length=512), nullable=True))
        batch_op.add_column(sa.Column('external_groups', sa.JSON(none_as_null=True), nullable=True))
        batch_op.create_unique_constraint(batch_op.f('uq_users_external_id'), ['external_id'])

    with op.batch_alter_table('staff_sessions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('origin', sa.String(length=8), server_default='local', nullable=False))
        batch_op.add_column(sa.Column('confirmed_until', sa.DateTime(timezone=True), nullable=True))

    op.create_table('group_roles',
    sa.Column('id', sa.String(length=26), nullable=False),
    sa.Column('group_name', sa.String(length=255), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('all_offices', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_group_roles')),
    sa.UniqueConstraint('group_name', name=op.f('uq_group_roles_group_name'))
    )
    op.create_table('group_role_offices',
    sa.Column('group_id', sa.String(length=26), nullable=False),
    sa.Column('office', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['group_roles.id'], name=op.f('fk_group_role_offices_group_id_group_roles')),
    sa.ForeignKeyConstraint(['office'], ['offices.slug'], name=op.f('fk_group_role_offices_office_offices'), onupdate='CASCADE'),
    sa.PrimaryKeyConstraint('group_id', 'office', name=op.f('pk_group_role_offices'))
    )
    op.create_table('link_requests',
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('external_id', sa.String(length=512), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_link_requests_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_link_requests'))
    )
    op.create_table('provider_sessions',
    sa.Column('session_id', sa.String(length=26), nullable=False),
    sa.Column('sid', sa.String(length=255), nullable=True),
    sa.Column('tokens', sa.Text(), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['session_id'], ['staff_sessions.id'], name=op.f('fk_provider_sessions_session_id_staff_sessions'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_provider_sessions'))
    )
    with op.batch_alter_table('provider_sessions', schema=None) as batch_op:
        batch_op.create_index('ix_provider_sessions_checked_at', ['checked_at'], unique=False)
        batch_op.create_index('ix_provider_sessions_sid', ['sid'], unique=False)
