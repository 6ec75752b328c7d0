"""One-time codes by which a person's chat becomes the address of a channel."""

from alembic import op
import sqlalchemy as sa


revision = '0029'
down_revision = '0028'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'channel_links',
        sa.Column('id', sa.String(length=26), nullable=False),
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('channel', sa.String(length=16), nullable=False),
        sa.Column('subject', sa.String(length=64), nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_channel_links')),
        sa.UniqueConstraint('code_hash', name=op.f('uq_channel_links_code_hash')),
    )
    op.create_index('ix_channel_links_expires_at', 'channel_links', ['expires_at'])
    op.create_index('ix_channel_links_subject', 'channel_links', ['subject'])
