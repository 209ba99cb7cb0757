"""The tables of the people who may sign in, and of what an import has taken over.

None of them leaves the site: they hold what proves who somebody is.
"""

from sqlalchemy import BigInteger, Boolean, Column, String, Table, Text

from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.tables.metadata import METADATA

users = Table(
    "users",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("password", Text),
    Column("second_factor_due", Boolean, nullable=False),
    Column("sealed_secret", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("role", Text, nullable=False, server_default="viewer"),
    Column("driver", Text),
    Column("totp_secret", Text),
    Column("totp_step", BigInteger),
    Column("new_totp_secret", Text),
)
"""`password` is a text that proves one, or empty while nobody can sign in by that name.

`sealed_secret` is a second factor that only the password of the user can unseal, at the next
sign-in; `second_factor_due`: there was one, which is to be set up anew unless that succeeds.
`totp_secret` is the second factor, sealed with the key of the site, and `totp_step` the step of
time of the last code that was used; `new_totp_secret` is one that no code has proved yet.
`driver` is whose sessions are their own."""

recovery_codes = Table(
    "recovery_codes",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("user_name", Text, primary_key=True),
    Column("code_hash", String(64), primary_key=True),
)
"""What stands in for the app, once; a row goes when it was used."""

web_sessions = Table(
    "web_sessions",
    METADATA,
    Column("id_hash", String(64), primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("proved_at", UtcDateTime, nullable=False),
    Column("remembered", Boolean, nullable=False),
    Column("second_factor", Boolean, nullable=False),
    Column("agent", Text, nullable=False),
    Column("address", Text, nullable=False),
)
"""Where somebody is signed in.  `proved_at` is when they last gave their password; `second_factor`
says whether they gave a code as well."""

api_tokens = Table(
    "api_tokens",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("charge_point", Text, nullable=False),
    Column("user_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("rights", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("used_at", UtcDateTime),
)
"""What programs ask with; `rights` are their names, with spaces between."""

imported_rows = Table(
    "imported_rows",
    METADATA,
    Column("charge_point", Text, primary_key=True),
    Column("source_table", Text, primary_key=True),
    Column("source_id", Text, primary_key=True),
    Column("row", Text, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)
"""What stood in another program's database, each row as JSON: what has no place here is not lost,
and another import sees what is new."""
