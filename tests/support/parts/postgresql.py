"""A real PostgreSQL with a cluster of its own, copied from one that is made once for a checkout."""

import fcntl
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support.parts.part import HOST, Missing, Part
from tests.support.server import ROOT

USER = "vault"
PASSWORD = "three quiet herons"
DATABASE = "vault"


class PostgreSQL(Part):
    """Answers on a port with one empty database; more are made at need."""

    name = "PostgreSQL"
    runs_as = "postgres"  # it refuses root
    ending = (
        signal.SIGQUIT
    )  # its own word for a stop without tidying up; a kill would leave shared memory behind

    def find_program(self) -> Path:
        """Return the newest."""
        versions = (
            place for place in Path("/usr/lib/postgresql").glob("*/bin") if (place / "initdb").exists()
        )
        newest = max(versions, key=lambda place: float(place.parent.name), default=None)
        if newest is not None:
            return newest / "postgres"
        beside = shutil.which("initdb")
        if beside is None:
            raise Missing(self.name, "there is no initdb")
        return Path(beside).resolve().with_name("postgres")

    def prepare(self) -> None:
        """Lay down the cluster."""
        # The first folder is ours, and its account passes through; the cluster is the account's.
        self.port = self.take_port()
        self.cluster = self.folder / "cluster"
        self._templates: set[str] = set()
        shutil.copytree(self._pattern(), self.cluster)
        for path in (self.cluster, *self.cluster.rglob("*")):
            self.give(path)

    def command(self) -> Sequence[str | Path]:
        """Run without care for power cuts: a process that is killed loses nothing by it."""
        chosen = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "fsync": "off",
            "full_page_writes": "off",
            "shared_buffers": "32MB",
        }
        options = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
        return [self.program, "-D", self.cluster, "-p", str(self.port), *options]

    def answers(self) -> bool:
        """Tell whether it lets people in; it says that it is starting up before that."""
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def settings(self) -> Mapping[str, str]:
        """Return where the first database is."""
        return {"DATABASE_URL": self.url()}

    def start(self) -> None:
        """Start it; the first database is there afterwards."""
        super().start()
        if DATABASE not in self.databases():
            self._make(DATABASE, "template1")

    def url(self, database: str = DATABASE, *, password: str = PASSWORD) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}:{password.replace(' ', '%20')}@{HOST}:{self.port}/{database}"

    def new_database(self, like: Callable[[str], None] | None = None) -> str:
        """Make a database and return its address.

        `like` is a function that fills the database at an address and lets go of it. It is called once: the
        new database is a copy of what it filled.
        """
        name = f"test_{uuid.uuid4().hex[:12]}"
        self._make(name, self._template(like) if like else "template1")
        return self.url(name)

    def drop(self, url: str) -> None:
        """Remove a database, whoever is connected to it."""
        name = url.rpartition("/")[2]
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed, database: str = "postgres") -> None:
        """Run one statement as the owner of everything, outside of a transaction."""
        with self._connect(database) as connection:
            connection.execute(statement)

    def databases(self) -> set[str]:
        """Return the names of all."""
        with self._connect("postgres") as connection:
            return {name for (name,) in connection.execute("SELECT datname FROM pg_database")}

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self.url(database), autocommit=True, connect_timeout=10)

    def _make(self, name: str, template: str) -> None:
        make = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self.execute(make.format(sql.Identifier(name), sql.Identifier(template)))

    def _template(self, fill: Callable[[str], None]) -> str:
        name = f"like_{fill.__module__}_{fill.__qualname__}".lower().replace(".", "_")[-60:]
        if name not in self._templates:
            self._make(name, "template1")
            fill(self.url(name))
            self._templates.add(name)
        return name

    def _pattern(self) -> Path:
        """Return a cluster that nobody has used, made if this checkout has none of this version."""
        version = self.program.parent.parent.name
        pattern = ROOT / "build" / "parts" / f"postgresql-{version}-{os.geteuid()}"
        pattern.parent.mkdir(parents=True, exist_ok=True)
        with (pattern.parent / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not pattern.exists():
                made = self._initialised()
                half = pattern.with_name(f"{pattern.name}-half")
                shutil.rmtree(half, ignore_errors=True)
                shutil.move(made, half)
                half.rename(pattern)
        return pattern

    def _initialised(self) -> Path:
        made = self.folder / "new"
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        self.give(secret)
        outcome = subprocess.run(
            self.as_account(
                self.program.with_name("initdb"),
                *("-D", made, "-U", USER, f"--pwfile={secret}", "-A", "scram-sha-256"),
                *("-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"),
            ),
            cwd=self.folder,
            env=self.surroundings(),
            capture_output=True,
            text=True,
            check=False,
        )
        secret.unlink()
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return made
