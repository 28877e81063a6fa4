"""Albums, grants and views as rows of a catalogue, and what they mean in plain Python to compare with."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from sqlalchemy import Connection, delete, insert

from local_server.accounts.models import Caller, Role
from local_server.database.tables import (
    accounts,
    album_pictures,
    albums,
    grant_views,
    grants,
    pictures,
    places,
    viewing_sessions,
)
from local_server.library.protection import Level

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
ME = "me"
SESSIONS = ("this-session", "other-session")
DEFAULT = Level.GUARDED


@dataclass(frozen=True)
class AlbumCase:
    """An album; `parent` is the number of one before it."""

    parent: int | None
    level: Level | None
    inherits: bool
    pictures: frozenset[int]


@dataclass(frozen=True)
class GrantCase:
    """A grant to ME; `views` are (session, picture) that were counted."""

    album: int
    minutes_left: int | None
    limit: int | None
    revoked: bool
    views: frozenset[tuple[str, int]]

    @property
    def valid(self) -> bool:
        return not self.revoked and (self.minutes_left is None or self.minutes_left > 0)

    @property
    def has_views(self) -> bool:
        return self.limit is None or len(self.views) < self.limit


@dataclass(frozen=True)
class World:
    """A small library, and what its rules mean."""

    pictures: int
    albums: list[AlbumCase] = field(default_factory=list)
    grants: list[GrantCase] = field(default_factory=list)

    def above(self, album: int) -> list[int]:
        """Return an album and all above it, the nearest first."""
        chain = [album]
        while (parent := self.albums[chain[-1]].parent) is not None:
            chain.append(parent)
        return chain

    def holds_for(self, grant: GrantCase, album: int) -> bool:
        """Say whether a grant reaches an album: its own, or one below along albums that inherit."""
        for one in self.above(album):
            if one == grant.album:
                return grant.valid
            if not self.albums[one].inherits:
                return False
        return False

    def reaches(self, grant: GrantCase, picture: int) -> bool:
        return any(
            picture in album.pictures and self.holds_for(grant, number)
            for number, album in enumerate(self.albums)
        )

    def costs(self, picture: int, session: str) -> bool:
        """Say whether a session of ME spends a view by opening a picture that it may see."""
        reaching = [grant for grant in self.grants if self.reaches(grant, picture)]
        return not any(grant.limit is None or (session, picture) in grant.views for grant in reaching)

    def visible(self, session: str) -> set[int]:
        """Return the pictures that a session of ME may see."""
        return {
            picture
            for picture in range(self.pictures)
            if any(
                self.reaches(grant, picture) and (grant.has_views or (session, picture) in grant.views)
                for grant in self.grants
            )
        }

    def knows(self, album: int, session: str) -> bool:
        """Say whether a session of ME may know of an album."""
        return any(
            self.holds_for(grant, album)
            and (grant.has_views or any(one == session for one, _ in grant.views))
            for grant in self.grants
        )

    def below(self, album: int, known: set[int]) -> set[int]:
        """Return an album and those below it along albums that are known."""
        return {
            number
            for number in known
            if album in (chain := self.above(number)) and set(chain[: chain.index(album) + 1]) <= known
        }

    def album_level(self, album: int) -> Level:
        for one in self.above(album):
            level = self.albums[one].level
            if level is not None:
                return level
        return DEFAULT

    def level(self, picture: int) -> Level:
        levels = [
            self.album_level(number) for number, album in enumerate(self.albums) if picture in album.pictures
        ]
        return max(levels, key=lambda level: level.strength, default=DEFAULT)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw a library of a few pictures, albums and grants."""
    count = draw(st.integers(0, 5))
    some = st.frozensets(st.integers(0, count - 1)) if count else st.just(frozenset[int]())
    found = [
        AlbumCase(
            draw(st.none() | st.integers(0, number - 1)) if number else None,
            draw(st.none() | st.sampled_from(list(Level))),
            draw(st.booleans()),
            draw(some),
        )
        for number in range(draw(st.integers(0, 6)))
    ]
    views = (
        st.frozensets(st.tuples(st.sampled_from(SESSIONS), st.integers(0, count - 1)), max_size=3)
        if count
        else st.just(frozenset[tuple[str, int]]())
    )
    given = [
        GrantCase(
            draw(st.integers(0, len(found) - 1)),
            draw(st.none() | st.integers(-2, 2)),
            draw(st.none() | st.integers(1, 3)),
            draw(st.sampled_from((False, False, False, True))),
            draw(views),
        )
        for _ in range(draw(st.integers(0, 4)) if found else 0)
    ]
    return World(count, found, given)


def caller(role: Role = Role.VIEWER, sees: str = "albums", session: str = SESSIONS[0]) -> Caller:
    """Return ME in a role."""
    return Caller(ME, ME, role, session, 1, "machine", sees)


def add_me(connection: Connection) -> None:
    """Add the account and its viewing sessions."""
    connection.execute(
        insert(accounts).values(
            id=ME,
            name=ME,
            name_folded=ME,
            role="viewer",
            sees="albums",
            password_hash="",
            password_changed_at=NOW,
            created_at=NOW,
        )
    )
    for number, session in enumerate(SESSIONS):
        connection.execute(
            insert(viewing_sessions).values(
                id=session,
                account_id=ME,
                mark=number,
                machine_id="m",
                machine_name="m",
                client="desktop",
                started_at=NOW,
                seen_at=NOW,
            )
        )


def clear(connection: Connection) -> None:
    """Remove every picture, album and grant."""
    for table in (grant_views, grants, album_pictures, albums, places, pictures):
        connection.execute(delete(table))


def write(connection: Connection, world: World) -> None:
    """Store a world; a picture's id is `picture-<number>`, an album's `album-<number>`."""
    add_pictures(connection, world.pictures)
    for number, album in enumerate(world.albums):
        connection.execute(
            insert(albums).values(
                id=f"album-{number}",
                parent_id=None if album.parent is None else f"album-{album.parent}",
                name=f"Album {number}",
                name_folded=f"album {number}",
                level=album.level,
                inherits=album.inherits,
                created_at=NOW,
                created_by=ME,
            )
        )
        put(connection, f"album-{number}", album.pictures)
    for number, grant in enumerate(world.grants):
        left = grant.minutes_left
        connection.execute(
            insert(grants).values(
                id=f"grant-{number}",
                album_id=f"album-{grant.album}",
                account_id=ME,
                created_at=NOW,
                created_by=ME,
                expires_at=None if left is None else NOW + timedelta(minutes=left),
                view_limit=grant.limit,
                revoked_at=NOW if grant.revoked else None,
            )
        )
        for session, picture in grant.views:
            connection.execute(
                insert(grant_views).values(
                    grant_id=f"grant-{number}",
                    viewing_session_id=session,
                    picture_id=f"picture-{picture}",
                    time=NOW,
                )
            )


def add_pictures(connection: Connection, count: int) -> None:
    """Store pictures that are ready, a minute apart, in ten folders."""
    if not count:
        return
    start = NOW - timedelta(minutes=count)
    connection.execute(
        insert(pictures),
        [
            {
                "id": f"picture-{number}",
                "content_hash": f"{number:064}",
                "status": "ready",
                "bytes": 1,
                "width": 4,
                "height": 3,
                "format": "JPEG",
                "colour": "#808080",
                "added_at": start,
                "sort_at": start + timedelta(minutes=number),
                "present": True,
            }
            for number in range(count)
        ],
    )
    connection.execute(
        insert(places),
        [
            {
                "picture_id": f"picture-{number}",
                "path": f"/{number}".encode(),
                "root": b"/",
                "folder": f"folder {number % 10}",
                "name": f"{number}.jpg",
                "bytes": 1,
                "modified_ns": number,
                "inode": number,
                "present": True,
                "seen_at": NOW,
            }
            for number in range(count)
        ],
    )


def put(connection: Connection, album_id: str, numbers: frozenset[int] | range) -> None:
    """Put pictures into an album."""
    if numbers:
        connection.execute(
            insert(album_pictures),
            [
                {
                    "album_id": album_id,
                    "picture_id": f"picture-{number}",
                    "added_at": NOW,
                    "added_by": ME,
                }
                for number in numbers
            ],
        )


def write_large(connection: Connection) -> None:
    """Store 20,000 pictures, and a hundred albums of 300: ten, three of them granted, and 90 in these."""
    add_me(connection)
    add_pictures(connection, 20_000)
    for number in range(100):
        name = f"Album {number}"
        connection.execute(
            insert(albums).values(
                id=f"album-{number}",
                parent_id=None if number < 10 else f"album-{number % 10}",
                name=name,
                name_folded=name.lower(),
                created_at=NOW,
                created_by=ME,
            )
        )
        put(connection, f"album-{number}", range(number * 190, number * 190 + 300))
    for number in range(3):
        connection.execute(
            insert(grants).values(
                id=f"grant-{number}",
                album_id=f"album-{number}",
                account_id=ME,
                created_at=NOW,
                created_by=ME,
                view_limit=1000,
            )
        )
