"""Appointments before the day: booking rules, holds, verification, waiting list, reminders; the chatbot; notices."""

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
        sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('holder', sa.String(length=64), nullable=False),
        sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_holds_office_id_offices')),
        sa.ForeignKeyConstraint(['service_id'], ['services.id'], name=op.f('fk_holds_service_id_services')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_holds')),
        sa.UniqueConstraint('token_hash', name=op.f('uq_holds_token_hash')),
    )
    op.create_index('ix_holds_agenda', 'holds', ['service_id', 'mode', 'starts_at'])
    op.create_index('ix_holds_holder', 'holds', ['holder'])
    op.create_index('ix_holds_expires_at', 'holds', ['expires_at'])
