"""A real object store that speaks S3 and checks signatures: SeaweedFS, all its servers in one process."""

import json
import sysconfig
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
from obstore.exceptions import BaseError
from obstore.store import S3Store

from tests.support.parts.part import HOST, Part, find

ACCESS_KEY = "vaultkey"
SECRET_KEY = "nine-slow-lanterns"
BUCKET = "vaultsecure"
PROBE = "of-the-tests"
SERVERS = ("master", "volume", "filer", "s3", "admin")


class S3(Part):
    """Answers on a port, with one empty bucket; more are made at need."""

    name = "S3"

    def find_program(self) -> Path:
        """Return the one that came with the test set-up."""
        return find(self.name, "weed", Path(sysconfig.get_path("scripts")))

    def prepare(self) -> None:
        """Name the one who may do everything: without that file anyone may."""
        self.ports = {server: self.take_port() for server in SERVERS}
        self.inner_ports = {server: self.take_port() for server in SERVERS}
        self.port = self.ports["s3"]
        self._lived = False
        (self.folder / "data").mkdir()
        identity = {
            "name": "vault",
            "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
            "actions": ["Admin", "Read", "Write", "List", "Tagging"],
        }
        (self.folder / "s3.json").write_text(json.dumps({"identities": [identity]}))

    def command(self) -> Sequence[str | Path]:
        """Give every server its port: the defaults are fixed, and some listen to the world."""
        ports = [f"-{server}.port={port}" for server, port in self.ports.items()]
        inner = [f"-{server}.port.grpc={port}" for server, port in self.inner_ports.items()]
        return [
            *(self.program, "mini", f"-dir={self.folder / 'data'}", f"-ip={HOST}", f"-ip.bind={HOST}"),
            *(f"-s3.config={self.folder / 's3.json'}", "-s3.autoCreateBucket=false", *ports, *inner),
            *("-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"),
            *("-master.telemetry=false", f"-filer.localSocket={self.folder / 'filer.sock'}"),
            f"-s3.localSocket={self.folder / 's3.sock'}",
        ]

    def stop(self) -> None:
        """Break it off, and sweep up what it would have removed from the common folder by itself."""
        super().stop()
        for port in self.inner_ports.values():
            for left in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - it knows no other place
                left.unlink()

    def start(self) -> None:
        """Start it; the first bucket is there afterwards, and what was ever written can be read."""
        super().start()
        self.make_bucket(BUCKET)
        self._lived = True

    def answers(self) -> bool:
        """Tell whether an object can be written, or read again: its servers come up one after the other."""
        try:
            if self._lived:
                self.store(PROBE).get("word").bytes()
            else:
                self.make_bucket(PROBE)
            self.store(PROBE).put("word", b"heron")
        except (httpx.HTTPError, BaseError):
            return False
        return True

    @property
    def settings(self) -> Mapping[str, str]:
        """Return where the first bucket is."""
        return self.settings_for(BUCKET)

    def settings_for(self, bucket: str) -> dict[str, str]:
        """Return where a bucket is, and the keys."""
        return {
            "MINIO_ENDPOINT": HOST,
            "MINIO_PORT": str(self.port),
            "MINIO_ACCESS_KEY": ACCESS_KEY,
            "MINIO_SECRET_KEY": SECRET_KEY,
            "MINIO_BUCKET": bucket,
            "MINIO_USE_SSL": "false",
        }

    def new_bucket(self) -> str:
        """Make a bucket and return its name."""
        name = f"test-{uuid.uuid4().hex[:12]}"
        self.make_bucket(name)
        return name

    def make_bucket(self, name: str) -> None:
        """Make a bucket, if there is none of that name, past the signatures."""
        answer = httpx.post(f"http://{HOST}:{self.ports['filer']}/buckets/{name}/", timeout=10)
        if answer.status_code != httpx.codes.CONFLICT:
            answer.raise_for_status()

    def store(self, bucket: str = BUCKET, *, secret_key: str = SECRET_KEY) -> S3Store:
        """Return a client of the tests' own."""
        return S3Store(
            bucket,
            endpoint=f"http://{HOST}:{self.port}",
            access_key_id=ACCESS_KEY,
            secret_access_key=secret_key,
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True, "timeout": "10s"},
            retry_config={"max_retries": 0},
        )
