"""Addresses that took open tickets without appointment, for a limit."""

from alembic import op
import sqlalchemy as sa


revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'ticket_addresses',
        sa.Column('ticket_id', sa.String(length=26), nullable=False),
        sa.Column('office_id', sa.String(length=26), nullable=False),
        sa.Column('address', sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(['office_id'], ['offices.id'], name=op.f('fk_ticket_addresses_office_id_offices')),
        sa.ForeignKeyConstraint(['ticket_id'], ['tickets.id'], name=op.f('fk_ticket_addresses_ticket_id_tickets')),
        sa.PrimaryKeyConstraint('ticket_id', name=op.f('pk_ticket_addresses')),
    )
    op.create_index('ix_ticket_addresses_office_id_address', 'ticket_addresses', ['office_id', 'address'])
