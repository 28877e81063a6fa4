"""A real reverse proxy before several servers, with nothing in it that an operator would not write."""

import signal
import socket
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.parts.part import HOST, Part, find

CONFIGURATION = """\
daemon off;
pid {folder}/nginx.pid;
error_log stderr notice;
worker_processes 1;
events {{ worker_connections 1024; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
    upstream servers {{
{upstreams}
        keepalive 16;
    }}
    server {{
        listen {host}:{port};
        client_max_body_size 0;
        location / {{
            proxy_pass http://servers;
            proxy_http_version 1.1;
            proxy_request_buffering off;
            proxy_read_timeout 1h;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
        }}
    }}
}}
"""


class Nginx(Part):
    """Answers on a port and hands each request to the next server in turn."""

    name = "nginx"
    runs_as = "nobody"
    ending = signal.SIGTERM  # drops every connection; a kill would leave its workers behind

    def __init__(self, *servers: int) -> None:
        """Take the ports of the servers behind it."""
        self._servers = servers
        super().__init__()

    def find_program(self) -> Path:
        """Return Debian's."""
        return find(self.name, "nginx")

    def prepare(self) -> None:
        """Write the configuration."""
        self.port = self.take_port()
        upstreams = "\n".join(
            f"        server {HOST}:{port} max_fails=1 fail_timeout=1s;" for port in self._servers
        )
        text = CONFIGURATION.format(folder=self.folder, host=HOST, port=self.port, upstreams=upstreams)
        (self.folder / "nginx.conf").write_text(text)

    def command(self) -> Sequence[str | Path]:
        """Keep even its first words in our own folder."""
        return [self.program, "-e", "stderr", "-p", self.folder, "-c", self.folder / "nginx.conf"]

    def answers(self) -> bool:
        """Tell whether it listens; what is behind it is not its business."""
        try:
            socket.create_connection((HOST, self.port), 10).close()
        except OSError:
            return False
        return True

    @property
    def url(self) -> str:
        """Return the address of all servers together."""
        return f"http://{HOST}:{self.port}"

    @property
    def settings(self) -> Mapping[str, str]:
        """Return nothing: the servers need not know the proxy by name."""
        return {}

    def requests(self) -> int:
        """Count what it has answered."""
        return len((self.folder / "access.log").read_text().splitlines())
