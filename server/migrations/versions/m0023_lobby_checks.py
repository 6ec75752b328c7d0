"""Short tests in the lobby, and hand-over to a phone."""


revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass
