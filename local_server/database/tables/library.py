"""Pictures: what they are, where they lie, what was made of them, and who may see them."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    false,
    text,
    true,
)

from local_server.database.tables.columns import Bytewise, Serial, UtcDateTime, metadata

pictures = Table(
    "pictures",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("content_hash", String(64), nullable=False, unique=True),
    # waiting -> ready | refused. The row is the truth; a job in the queue is only a hint.
    Column("status", String(16), nullable=False),
    Column("reason_code", String(48)),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    # After a failure of the world: not to be tried again before.
    Column("retry_at", UtcDateTime),
    Column("retries", Integer, nullable=False, server_default=text("0")),
    # What somebody waits for goes first.
    Column("priority", Integer, nullable=False, server_default=text("0")),
    # The virus scan: clean | waiting | skipped; None where no scanner was set when it came.
    Column("scan", String(16)),
    Column("bytes", BigInteger, nullable=False),
    Column("format", String(16)),
    Column("width", Integer),
    Column("height", Integer),
    Column("orientation", Integer),
    Column("frames", Integer),
    Column("taken_at", UtcDateTime),
    # The camera's clock as written (no zone known): what a person reads as "taken".
    Column("taken_local", String(32)),
    Column("camera", JSON),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("icc", String(128)),
    Column("colour", String(7)),
    Column("histogram", JSON),
    Column("title", String(256)),
    Column("rating", Integer, nullable=False, server_default=text("0")),
    Column("flag", String(8)),
    Column("favourite", Boolean, nullable=False, server_default=false()),
    Column("tags", JSON),
    Column("added_at", UtcDateTime, nullable=False),
    # taken_at, else the file's own time, else added_at: the order of the grid.
    Column("sort_at", UtcDateTime, nullable=False),
    # A picture without a present place is hidden, not forgotten: its file may come back.
    Column("present", Boolean, nullable=False, server_default=true()),
    Index("ix_pictures_grid", "present", "status", "sort_at", "id"),
    Index("ix_pictures_recent", "present", "status", "added_at", "id"),
    Index("ix_pictures_unfinished", "status", "lease_until"),
    Index("ix_pictures_favourites", "favourite", "present", "status", "sort_at", "id"),
    Index("ix_pictures_picks", "flag", "present", "status", "sort_at", "id"),
)

places = Table(
    "places",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("picture_id", ForeignKey("pictures.id"), index=True),
    # The path's bytes as the file system has them: not every one is UTF-8.
    Column("path", LargeBinary(4096), nullable=False, unique=True),
    Column("root", LargeBinary(4096), nullable=False),
    Column("folder", Bytewise, nullable=False),
    Column("name", Text, nullable=False),
    # The sealed original in our own storage, of a picture that was uploaded; None for a file in a folder.
    Column("blob", String(128)),
    Column("bytes", BigInteger, nullable=False),
    Column("modified_ns", BigInteger, nullable=False),
    Column("inode", BigInteger, nullable=False),
    Column("present", Boolean, nullable=False, server_default=true()),
    Column("seen_at", UtcDateTime, nullable=False),
    # Set where the file could not even be read or fingerprinted (no picture row then).
    Column("reason_code", String(48)),
    Column("reason", Text),
    Index("ix_places_folder", "folder", "present"),
    Index("ix_places_file", "inode", "bytes", "modified_ns"),
    Index("ix_places_reason", "present", "reason_code", "id"),
)

renditions = Table(
    "renditions",
    metadata,
    Column("picture_id", ForeignKey("pictures.id"), primary_key=True),
    Column("kind", String(16), primary_key=True),  # thumbnail | screen | tiles
    Column("blob", String(128), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
)

# By what a picture is known again where its mark is gone: hashes of the whole and of parts, 8 bytes each.
likenesses = Table(
    "likenesses",
    metadata,
    Column("picture_id", ForeignKey("pictures.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)

scans = Table(
    "scans",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("root", LargeBinary(4096), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("trigger", String(16), nullable=False),
    Column("seen", Integer, nullable=False, server_default=text("0")),
    Column("added", Integer, nullable=False, server_default=text("0")),
    Column("moved", Integer, nullable=False, server_default=text("0")),
    Column("removed", Integer, nullable=False, server_default=text("0")),
    Column("unreadable", Integer, nullable=False, server_default=text("0")),
    Column("error", Text),
)

# Files that were sent together: their progress is told and they can be cancelled as one.
batches = Table(
    "batches",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("name", String(128), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("cancelled_at", UtcDateTime),
    Index("ix_batches_account_id", "account_id", "started_at", "id"),
)

batch_files = Table(
    "batch_files",
    metadata,
    Column("id", Serial, primary_key=True),
    Column("batch_id", ForeignKey("batches.id"), nullable=False),
    Column("name", String(255), nullable=False),
    Column("outcome", String(16), nullable=False),  # accepted | duplicate | refused
    Column("picture_id", ForeignKey("pictures.id"), index=True),
    Column("reason_code", String(48)),
    Column("reason", Text),
    Index("ix_batch_files_batch_id", "batch_id", "id"),
)

albums = Table(
    "albums",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("parent_id", ForeignKey("albums.id"), index=True),
    Column("name", String(128), nullable=False),
    Column("name_folded", String(128), nullable=False),
    # The least protection its pictures get; None: that of the album above, else the default.
    Column("level", String(8)),
    # Whether grants on the album above hold here too.
    Column("inherits", Boolean, nullable=False, server_default=true()),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(32), nullable=False),
    Index("ix_albums_name_folded", "name_folded", "id"),
)

album_pictures = Table(
    "album_pictures",
    metadata,
    Column("album_id", ForeignKey("albums.id"), primary_key=True),
    Column("picture_id", ForeignKey("pictures.id"), primary_key=True),
    Column("added_at", UtcDateTime, nullable=False),
    Column("added_by", String(32), nullable=False),
    Index("ix_album_pictures_picture_id", "picture_id", "album_id"),
)

# Who may see an album, until when, and how often.
grants = Table(
    "grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("album_id", ForeignKey("albums.id"), nullable=False),
    Column("account_id", ForeignKey("accounts.id"), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("created_by", String(32), nullable=False),
    Column("expires_at", UtcDateTime),
    # How many openings of pictures it is good for; None: any number.
    Column("view_limit", Integer),
    Column("revoked_at", UtcDateTime),
    Index("ix_grants_account_id", "account_id", "revoked_at", "album_id"),
    Index("ix_grants_album_id", "album_id", "revoked_at", "account_id"),
)

# Each picture that a viewing session opened under a grant with a limit counts once.
grant_views = Table(
    "grant_views",
    metadata,
    Column("grant_id", ForeignKey("grants.id"), primary_key=True),
    Column("viewing_session_id", ForeignKey("viewing_sessions.id"), primary_key=True),
    Column("picture_id", ForeignKey("pictures.id"), primary_key=True),
    Column("time", UtcDateTime, nullable=False),
)
