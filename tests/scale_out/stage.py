"""A whole house as processes: servers behind a proxy, workers and the parts they share, by settings alone."""

import base64
import json
import secrets
import signal
import subprocess
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self

import httpx

from local_server.accounts.models import Role, Sees
from local_server.accounts.passwords import Passwords
from local_server.accounts.service import Accounts
from local_server.app import utc_now
from local_server.audit.log import AuditLog
from local_server.installation import opened
from local_server.settings import Settings
from tests.support.parts.nginx import Nginx
from tests.support.parts.part import HOST, Part
from tests.support.server import PASSWORD, Client, environment
from tests.support.waiting import until

# Long enough for a loaded machine; what the product promises is sooner.
PATIENCE = 60.0
# Few, so that one test can spend them all; the others report no errors.
REPORTS = 10


class Replica(Part):
    """A process of ours: a server or a worker, with a data directory that it shares with nobody."""

    role: str
    name = "replica"

    def __init__(self, label: str, settings: Mapping[str, str]) -> None:
        """Take what to call it, and its settings, which are read at each start."""
        self.label = label
        self._settings = settings
        super().__init__()

    def find_program(self) -> Path:
        """Return the Python that runs the tests."""
        return Path(sys.executable)

    def prepare(self) -> None:
        """Name its data directory."""
        self.data = self.folder / "data"

    def command(self) -> Sequence[str | Path]:
        """Run as an operator does, without a parent to speak to."""
        return [self.program, "-m", "local_server", self.role, "--data-dir", self.data]

    def surroundings(self) -> dict[str, str]:
        """Return the settings, and nothing of the tests' own environment."""
        return environment(self.folder, self._settings)

    @property
    def settings(self) -> Mapping[str, str]:
        """Return what it is set to."""
        return self._settings

    @property
    def pid(self) -> int:
        """Return its process; another one after a restart."""
        assert self.running, self.log()
        assert self._process is not None
        return self._process.pid

    def end(self) -> int:
        """Ask it to stop, as an operator's tools do, and return its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(PATIENCE)
        self.stop()
        return status

    def bugs(self) -> list[dict[str, Any]]:
        """Return the bugs that it has reported to its log."""
        log = self.data / "logs" / "error.log"
        entries = map(json.loads, log.read_text().splitlines() if log.exists() else ())
        return [entry for entry in entries if entry["event"] in ("bug", "crash")]


class ServerReplica(Replica):
    """One server."""

    role = "serve"

    def prepare(self) -> None:
        """Take a port."""
        super().prepare()
        self.port = self.take_port()

    def command(self) -> Sequence[str | Path]:
        """Add the port."""
        return [*super().command(), "--port", str(self.port)]

    def answers(self) -> bool:
        """Tell whether it says that it can serve."""
        try:
            return httpx.get(f"{self.url}/health", timeout=10).is_success
        except httpx.TransportError:
            return False

    @property
    def url(self) -> str:
        """Return where it is, past the proxy."""
        return f"http://{HOST}:{self.port}"


class WorkerReplica(Replica):
    """One worker."""

    role = "worker"

    def answers(self) -> bool:
        """Tell whether it has said that it begins."""
        return "decodes pictures" in self.log()


class Stage:
    """Everything that runs, while it is used as a context manager; the parts must be up, and stay so."""

    def __init__(
        self,
        folder: Path,
        parts: Mapping[str, str],
        *,
        servers: int = 2,
        workers: int = 2,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Take a folder, the settings that lead to the parts, and more settings for all."""
        self._folder = folder
        key = folder / "master.key"
        key.write_bytes(base64.b64encode(secrets.token_bytes(32)))
        key.chmod(0o600)
        self.settings = {
            **parts,
            "MASTER_KEY_FILE": str(key),
            "TRUSTED_PROXIES": HOST,
            "START_WORKER": "false",
            "WORKER_CONCURRENCY": "1",
            "UPLOAD_RATE": "10000/minute",
            "REPORT_RATE": f"{REPORTS}/hour",
            **(settings or {}),
        }
        self._stack = ExitStack()
        self._clients: list[httpx.Client] = []
        self.servers = [
            # One watches the gallery folder for all.
            ServerReplica(f"server {number}", ChainMap({"WATCH_GALLERY": str(number == 0)}, self.settings))
            for number in range(servers)
        ]
        self.workers = [WorkerReplica(f"worker {number}", self.settings) for number in range(workers)]
        self.proxy = Nginx(*(server.port for server in self.servers))
        self.settings["ALLOWED_HOSTS"] = f"{HOST}:{self.proxy.port}"

    @property
    def replicas(self) -> list[Replica]:
        """Return every process of ours."""
        return [*self.servers, *self.workers]

    def client(self, server: int | None = None, root: str = "/api") -> Client:
        """Return a client that nobody has signed in through, of one server or of the proxy before all."""
        url = self.proxy.url if server is None else self.servers[server].url
        client = Client(base_url=url + root, timeout=PATIENCE)
        self._clients.append(client)
        return client

    def signed_in(self, name: str, server: int | None = None, password: str = PASSWORD) -> Client:
        """Return a client of a person; the accounts are named after their roles."""
        return self.client(server).sign_in(name, password)

    def command(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of the command line on the same house, from a machine of its own."""
        return subprocess.run(
            [sys.executable, "-m", "local_server", *arguments, "--data-dir", self._folder / "operator"],
            env=environment(self._folder, self.settings),
            cwd=self._folder,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def add_people(self, *names_and_roles: tuple[str, Role]) -> None:
        """Add accounts; without any, one of every role, named after it."""
        settings = Settings.load(self.settings, data_dir=self._folder / "operator")
        with opened(settings) as installation:
            audit = AuditLog(installation.keys.derive("audit"), utc_now)
            accounts = Accounts(installation.database, Passwords(), audit, utc_now)
            for name, role in names_and_roles or [(role.value, role) for role in Role]:
                accounts.create(name, PASSWORD, role, Sees.LIBRARY)

    def health(self, server: int) -> tuple[int, dict[str, Any]]:
        """Return what one server says of itself to whoever asks."""
        answer = httpx.get(f"{self.servers[server].url}/health", timeout=PATIENCE)
        return answer.status_code, answer.json()

    def mend(self) -> None:
        """Have every process of ours up, and every server able to serve."""
        for part in (*self.replicas, self.proxy):
            part.start()
            part.resume()
        for server in range(len(self.servers)):
            self.wait_until_well(server)

    def wait_until_well(self, server: int) -> None:
        """Return when a server says that it can serve."""
        until(lambda: self.health(server)[0] == 200, f"server {server} to be well", PATIENCE)

    def wait_until_ill(self, server: int) -> list[str]:
        """Return the reasons that a server gives when it says that it can't serve."""
        until(lambda: self.health(server)[0] == 503, f"server {server} to be ill", PATIENCE)
        reasons: list[str] = self.health(server)[1]["reasons"]
        return reasons

    def bugs(self) -> dict[str, list[dict[str, Any]]]:
        """Return the bugs that the processes have reported."""
        return {replica.label: bugs for replica in self.replicas if (bugs := replica.bugs())}

    def wait_for_part(self, session: Mapping[str, Any], name: str, *statuses: str) -> list[str | None]:
        """Return the reasons that the servers give, once each says one of these of a part."""
        reasons = []
        for server in range(len(self.servers)):
            client = self.client(server).carry(dict(session))
            part = partial(_part, client, name, statuses)
            reasons.append(until(part, f"server {server} to call {name} {statuses}", PATIENCE).get("reason"))
        return reasons

    @contextmanager
    def unrestarted(self) -> Iterator[None]:
        """See that no process of ours is started again, or ends, in a block."""
        before = [replica.pid for replica in self.replicas]
        yield
        assert [replica.pid for replica in self.replicas] == before

    def __enter__(self) -> Self:
        """Start everything, the servers at the same moment."""
        try:
            for part in (*self.replicas, self.proxy):
                self._stack.callback(part.close)
            for replica in self.replicas:
                replica.launch()
            for replica in self.replicas:
                replica.start()
            self.proxy.start()
        except BaseException:
            self._stack.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End everything, and see that nobody has reported a bug."""
        for client in self._clients:
            client.close()
        with self._stack:
            statuses = {replica.label: replica.end() for replica in self.replicas if replica.running}
            bugs = self.bugs()
        assert not bugs, bugs
        assert not any(statuses.values()), statuses


def _part(client: Client, name: str, statuses: tuple[str, ...]) -> dict[str, Any]:
    """Return what a server says of a part if it says one of these, else nothing."""
    said: dict[str, Any] = client.get("/health").json()["services"][name]
    return said if said["status"] in statuses else {}
