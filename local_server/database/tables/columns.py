"""What the columns of all tables share: moments in UTC, ids that count up, text that sorts by its bytes."""

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, MetaData, Text, TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; refuses naive values on the way in, returns aware ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# A BigInteger primary key does not autoincrement on SQLite; this one does on both engines.
Serial = BigInteger().with_variant(Integer, "sqlite")

# Compared as ranges of bytes, which a database with the collation of a language would break.
Bytewise = Text().with_variant(Text(collation="C"), "postgresql")
