"""What the tests of the page look at and say it with."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

ID = UUID("00000000-0000-4000-8000-000000000001")


def card(page, title):
    return page.get_by_role("region", name=title, exact=True)


def ago(**span):
    return datetime.now(UTC) - timedelta(**span)
