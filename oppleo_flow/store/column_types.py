"""Column types that mean the same in SQLite and in PostgreSQL."""

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from sqlalchemy import DateTime, Dialect, Numeric, Text
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; SQLite, which has no times, keeps it as text that sorts as they do.

    The text is the one that SQLite's own functions read: `2026-01-15 12:00:00.000000`.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        kind = DateTime(timezone=True)
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else kind)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        """Refuse a time without a zone, and turn any other into UTC.

        Raises:
            ValueError: It has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"an aware datetime is needed, got {value!r}")
        utc = value if value.tzinfo is UTC else value.astimezone(UTC)
        return utc.isoformat(" ", "microseconds")[:26] if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the instant as aware UTC.

        Raises:
            ValueError: It is none.
        """
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return datetime.fromisoformat(value).replace(tzinfo=UTC)
            except ValueError as error:
                raise ValueError(f"a time is needed, got {value!r}") from error
        return cast("datetime", value).astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal number, exact; SQLite, whose numbers are binary, keeps it as text."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return the type that the database has for it."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        """Return what the database is given."""
        return str(value) if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return what it held.

        Raises:
            ValueError: That is no number.
        """
        try:
            return None if value is None else Decimal(value)
        except InvalidOperation as error:
            raise ValueError(f"a decimal number is needed, got {value!r}") from error
