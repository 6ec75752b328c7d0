"""Monthly figures by e-mail."""

from alembic import op
import sqlalchemy as sa


revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':  # in the order of a process that serves
        op.execute('LOCK TABLE offices, users IN SHARE ROW EXCLUSIVE MODE')

    op.create_table('figure_mails',
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('language', sa.String(length=8), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reported_month', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_figure_mails_user_id_users')),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_figure_mails'))
    )

    op.create_table('figure_mail_offices',
    sa.Column('user_id', sa.String(length=26), nullable=False),
    sa.Column('office', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['figure_mails.user_id'], name=op.f('fk_figure_mail_offices_user_id_figure_mails'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['office'], ['offices.slug'], name=op.f('fk_figure_mail_offices_office_offices'), onupdate='CASCADE', ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'office', name=op.f('pk_figure_mail_offices'))
    )
    with op.batch_alter_table('figure_mail_offices', schema=None) as batch_op:
        batch_op.create_index('ix_figure_mail_offices_office', ['office'], unique=False)
