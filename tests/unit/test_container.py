"""The container's files: names that exist, no secret in clear, nobody is root; and its entry script."""

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]  # no types of it are installed

from local_server.cli import COMMANDS
from local_server.health.requirements import REQUIREMENTS
from local_server.settings import SECRETS, Settings
from tests.support.parts.part import find

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging" / "container"
OURS = ("server1", "server2", "worker1", "worker2")
COMPOSE: Mapping[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
CONTAINERFILE = (FOLDER / "Containerfile").read_text().replace("\\\n", " ")
# Of the entry script and of Python, not of the server.
NO_SETTINGS = {"PYTHON", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}


def instructions(word: str) -> list[str]:
    return re.findall(rf"^{word} (.+)$", CONTAINERFILE, re.MULTILINE)


def is_setting(name: str) -> bool:
    field = name.lower()
    return field in Settings.model_fields or (
        field.endswith("_file") and field.removesuffix("_file") in SECRETS
    )


@pytest.mark.parametrize("service", OURS)
def test_every_variable_is_a_setting_that_can_be_used(service: str, tmp_path: Path) -> None:
    environment = dict(COMPOSE["services"][service]["environment"])
    assert {name for name in environment if not is_setting(name)} == set()
    for name, value in environment.items():
        assert isinstance(value, str), f"{name} must be text"
        environment[name] = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", value)
        if name.endswith("_FILE") and name.removesuffix("_FILE").lower() in SECRETS:
            secret = tmp_path / name
            secret.write_text("postgresql://a:b@c/d" if "DATABASE" in name else "s" * 32)
            environment[name] = str(secret)
    settings = Settings.load(environment | {"DATA_DIR": str(tmp_path)})
    assert settings.redis is not None
    assert not settings.start_worker


def test_the_image_sets_only_settings() -> None:
    names = {word.split("=")[0] for line in instructions("ENV") for word in shlex.split(line)}
    assert {name for name in names - NO_SETTINGS if not is_setting(name)} == set()


def test_no_secret_is_in_clear() -> None:
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            secret = re.search(r"PASSWORD|SECRET|TOKEN|KEY|DATABASE_URL", variable)
            if secret and variable != "MINIO_ACCESS_KEY":
                assert variable.endswith("_FILE"), f"{name}: {variable}"
                assert str(value).startswith("/run/secrets/"), f"{name}: {variable}"
        for secret in service.get("secrets", []):
            assert secret in COMPOSE["secrets"], f"{name}: {secret}"
    for secret, source in COMPOSE["secrets"].items():
        assert source == {"file": f"secrets/{secret}"}
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert "/packaging/container/secrets/" in ignored
    words = "".join(path.read_text() for path in FOLDER.glob("*") if path.is_file())
    assert "pypi" not in words.lower()


def test_every_secret_that_a_service_reads_is_mounted_into_it() -> None:
    for name, service in COMPOSE["services"].items():
        read = set(re.findall(r"/run/secrets/([\w.]+)", yaml.safe_dump(service)))
        assert read <= set(service.get("secrets", [])), name


def test_nobody_is_root_and_no_root_can_be_written() -> None:
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert int(service["user"].split(":")[0]) > 0, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "healthcheck" in service or service["restart"] == "no", name
    assert instructions("USER") == ["10001:10001"]
    assert CONTAINERFILE.rindex("USER") > CONTAINERFILE.rindex("RUN ")


def test_only_the_proxy_is_reached_from_outside() -> None:
    opened = {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service}
    assert set(opened) == {"proxy", "prometheus"}
    assert opened["prometheus"] == ["127.0.0.1:9090:9090"]


def test_the_house_is_whole() -> None:
    services = COMPOSE["services"]
    assert {*OURS, "proxy", "postgres", "redis", "minio", "clamd", "prometheus"} <= set(services)
    folders = [service["volumes"][0] for name, service in services.items() if name in OURS]
    assert len(set(folders)) == len(OURS), "a data directory is one process's"
    for name, service in services.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            there = (FOLDER / source).is_file() if source.startswith(".") else source in COMPOSE["volumes"]
            assert there, f"{name}: {source}"
        assert set(service.get("depends_on", {})) <= set(services), name


def test_every_copied_path_exists_and_every_command_too() -> None:
    for line in instructions("COPY"):
        words = [word for word in line.split() if not word.startswith("--chmod")]
        if words[0].startswith("--from="):
            continue
        for source in words[:-1]:
            assert (ROOT / source).exists(), source
    for service in OURS:
        assert COMPOSE["services"][service]["command"][0] in COMMANDS
        assert COMPOSE["services"][service]["healthcheck"]["test"][:3] == [
            "CMD",
            "vaultsecure-entry",
            "health",
        ]
    assert instructions("HEALTHCHECK")[0].endswith('CMD ["vaultsecure-entry", "health"]')


def test_the_image_has_every_library_of_the_server_and_no_desktop() -> None:
    program = re.search(r"awk '([^']+)'", CONTAINERFILE)
    assert program is not None
    lock = ROOT / "packaging" / "locks" / "runtime.txt"
    kept = subprocess.run(["awk", program[1], lock], capture_output=True, text=True, check=True).stdout
    names = set(re.findall(r"^([a-z0-9][\w.-]*)==", kept, re.MULTILINE))
    assert set(REQUIREMENTS) <= names
    assert not names & {"pyside6-essentials", "shiboken6", "xcffib"}
    assert all("--hash=sha256:" in entry for entry in re.split(r"\n(?=[a-z0-9])", kept))


@pytest.mark.parametrize("script", ["entry.sh", "make-secrets.sh"])
def test_scripts_are_clean(script: str) -> None:
    assert os.access(FOLDER / script, os.X_OK)
    subprocess.run(["sh", "-n", FOLDER / script], check=True)
    if checker := shutil.which("shellcheck"):
        found = subprocess.run([checker, FOLDER / script], capture_output=True, text=True, check=False)
        assert found.returncode == 0, found.stdout


@pytest.mark.programs("nginx", "openssl")
def test_nginx_takes_its_configuration(tmp_path: Path) -> None:
    key, certificate = tmp_path / "tls.key", tmp_path / "tls.crt"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=gallery.example"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    text = (FOLDER / "nginx.conf").read_text()
    # The names are those of the house's own network; its folders, of a container.
    text = re.sub(r"server(\d):8080", r"127.0.0.\1:8080", text)
    text = text.replace("/tmp/", f"{tmp_path}/").replace("/run/secrets", str(tmp_path))  # noqa: S108  a text
    (tmp_path / "nginx.conf").write_text(text)
    checked = subprocess.run(
        [find("nginx", "nginx"), "-t", "-e", "stderr", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr


@pytest.mark.programs("promtool")
def test_prometheus_takes_its_configuration(tmp_path: Path) -> None:
    scraping = yaml.safe_load((FOLDER / "prometheus.yml").read_text())
    (job,) = scraping["scrape_configs"]
    targets = job["static_configs"][0]["targets"]
    hosts = COMPOSE["services"]["server1"]["environment"]["ALLOWED_HOSTS"].split(",")
    assert set(targets) < set(hosts), "the Host of a scrape must be one that the servers answer to"
    assert [name for name in scraping["rule_files"] if not (FOLDER / name).is_file()] == []
    for name in ("prometheus.yml", "alerts.yml"):
        (tmp_path / name).write_text((FOLDER / name).read_text().replace("/run/secrets", str(tmp_path)))
    (tmp_path / "metrics_token").write_text("token")
    checked = subprocess.run(
        ["promtool", "check", "config", tmp_path / "prometheus.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_secrets_are_drawn_once(tmp_path: Path) -> None:
    script = shutil.copy(FOLDER / "make-secrets.sh", tmp_path)
    subprocess.run([script], check=True, capture_output=True)
    folder = tmp_path / "secrets"
    drawn = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(drawn) | {"tls.crt", "tls.key"} == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(set(drawn.values())) == len(drawn)
    assert all(len(value) >= 32 for value in drawn.values())
    again = subprocess.run([script], check=True, capture_output=True, text=True)
    assert "made" not in again.stdout
    assert {path.name: path.read_text() for path in folder.iterdir()} == drawn


# The entry script, as a process


@pytest.fixture
def house() -> Iterator[Path]:
    """Return a folder that other users reach, too."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        root.chmod(0o755)
        (root / "tmp").mkdir()
        yield root


def entered(
    house: Path, *arguments: str, user: int | None = None, more: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Run the entry script with a Python that only says what it was asked."""
    python = house / "python"
    python.write_text('#!/bin/sh\n[ "$1" = -c ] || echo "became: $*"\n')
    python.chmod(0o755)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHON": str(python),
        "DATA_DIR": str(house / "data"),
        "TMPDIR": str(house / "tmp"),
        "ALLOW_ROOT": "1",
        **(more or {}),
    }
    ended = subprocess.run(
        ["sh", FOLDER / "entry.sh", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd=house,
    )
    return ended.returncode, ended.stdout + ended.stderr


def test_the_entry_makes_its_folder_and_becomes_the_command(house: Path) -> None:
    assert entered(house) == (0, "became: -m local_server serve\n")
    assert (house / "data").stat().st_mode & 0o777 == 0o700
    assert list((house / "data").iterdir()) == []
    assert entered(house, "worker") == (0, "became: -m local_server worker\n")
    assert entered(house, "user", "add", "a b") == (0, "became: -m local_server user add a b\n")
    assert entered(house, "health", "--worker") == (0, "became: -m local_server health --worker\n")


def test_the_entry_refuses_root(house: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can be refused for it")
    status, words = entered(house, more={"ALLOW_ROOT": ""})
    assert (status, "must not run as root" in words) == (2, True)


def test_the_entry_refuses_a_folder_that_it_cannot_write(house: Path) -> None:
    (house / "data").write_text("a file")
    status, words = entered(house)
    assert status == 2
    assert "can't be made" in words
    if os.geteuid() == 0:
        (house / "data").unlink()
        (house / "data").mkdir(mode=0o755)
        (house / "tmp").chmod(0o777)
        status, words = entered(house, user=65534)
        assert status == 2
        assert "65534 can't write" in words


def test_the_entry_refuses_a_scratch_folder_that_is_missing(house: Path) -> None:
    status, words = entered(house, more={"TMPDIR": str(house / "nowhere")})
    assert (status, "Mount a tmpfs" in words) == (2, True)


@pytest.mark.parametrize("name", [*(f"{name.upper()}_FILE" for name in SECRETS), "MASTER_KEY_FILE"])
def test_the_entry_refuses_a_secret_that_is_not_there(house: Path, name: str) -> None:
    status, words = entered(house, more={name: str(house / "secret")})
    assert (status, f"{name} names" in words, "not there" in words) == (2, True, True)
    (house / "secret").write_text("")
    status, words = entered(house, more={name: str(house / "secret")})
    assert (status, "is empty" in words) == (2, True)
    (house / "secret").write_text("hush")
    status, words = entered(house, more={name: str(house / "secret")})
    assert (status, "hush" in words) == (0, False)


def test_the_entry_says_when_the_program_is_missing(house: Path) -> None:
    python = house / "broken"
    python.write_text("#!/bin/sh\nexit 1\n")
    python.chmod(0o755)
    status, words = entered(house, more={"PYTHON": str(python)})
    assert (status, "Build the image again" in words) == (3, True)


def test_the_entry_starts_the_real_program(house: Path) -> None:
    status, words = entered(house, "--version", more={"PYTHON": sys.executable, "PYTHONPATH": str(ROOT)})
    assert status == 0
    assert words.startswith("vaultsecure-server ")
