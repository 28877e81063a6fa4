"""GET /metrics: true numbers in Prometheus's format, with labels from templates, for those who may."""

import re
import shutil
import subprocess
from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import NewServer
from tests.support.reports import report
from tests.support.server import Client, Server
from tests.support.socket import listening
from tests.support.waiting import until

TOKEN = "a-token-of-thirty-two-characters"


class Scrape:
    """One answer, taken apart by Prometheus's own parser."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.families = {family.name: family for family in text_string_to_metric_families(text)}

    def value(self, sample: str, **labels: str) -> float:
        """Return the sum of the samples with these labels."""
        return sum(
            found.value
            for family in self.families.values()
            for found in family.samples
            if found.name == sample and labels.items() <= found.labels.items()
        )

    def labels(self, name: str) -> set[str]:
        """Return all values of a label."""
        samples = (found for family in self.families.values() for found in family.samples)
        return {found.labels[name] for found in samples if name in found.labels}


def scraped(server: Server) -> Scrape:
    answer = server.client(root="").get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return Scrape(answer.text)


def test_the_numbers_are_those_of_what_happened(own_server: Server) -> None:
    viewer = own_server.signed_in("viewer")
    for _ in range(3):
        viewer.get("/images")
    viewer.get("/secure/image/0123/view")
    viewer.get(f"/{'x' * 60}")
    viewer.post("/violations", json=report(kind="copy_area", evidence=None))
    viewer.post("/violations", json=report(kind="made_up_by_a_client", evidence=None))
    with listening(own_server, viewer.session["access_token"]):
        found = scraped(own_server)
        assert found.value("vaultsecure_live_sockets") == 1
    until(lambda: scraped(own_server).value("vaultsecure_live_sockets") == 0, "the socket to close")
    count = "vaultsecure_http_request_duration_seconds_count"
    assert found.value(count, route="/api/images", status="2xx") == 3
    assert found.value(count, route="(none)", status="4xx") == 1
    assert found.value("vaultsecure_pictures_total", outcome="refused") == 1
    assert found.value("vaultsecure_picture_success_ratio") == 0
    assert found.value("vaultsecure_violations_total", kind="copy_area") == 1
    assert found.value("vaultsecure_violations_total", kind="other") == 1
    assert found.value("vaultsecure_restarts_total") == 0
    assert found.value("vaultsecure_uptime_seconds") > 0
    assert found.value("vaultsecure_part_state", part="database", state="healthy") == 1
    assert found.value("vaultsecure_part_state", part="redis", state="not_configured") == 1
    assert found.value("vaultsecure_queue_jobs") == 0
    assert found.value("vaultsecure_process_resident_bytes", process="server") > 1 << 20
    assert found.value("vaultsecure_process_threads", process="server") > 1


def test_no_label_holds_what_somebody_has_sent(people: Mapping[str, Client], server: Server) -> None:
    secret = "4f0e1d2c" * 4
    people["viewer"].get(f"/images/{secret}", params={"token": secret})
    people["viewer"].get(f"/nowhere/{secret}")
    found = scraped(server)
    assert secret not in found.text
    for route in found.labels("route"):
        assert re.fullmatch(r"\(none\)|(/[a-z0-9_-]+|/\{[a-z_]+\})+", route), route


def test_a_rate_that_is_used_up_is_counted(data_dir: object, new_server: NewServer) -> None:
    with new_server(SIGN_IN_RATE="2/minute") as server:
        for _ in range(4):
            body = {"name": "x", "password": "y", "machine": {"id": "m", "name": "m", "client": "cli"}}
            server.client().post("/session", json=body)
        assert scraped(server).value("vaultsecure_rate_refusals_total", route="/api/session") == 2


def test_promtool_finds_nothing_to_mend(server: Server, people: Mapping[str, Client]) -> None:
    people["viewer"].get("/images")
    text = scraped(server).text
    families = text_string_to_metric_families(text)
    for family in families:
        assert family.documentation, family.name
        assert family.type != "unknown", family.name
        for sample in family.samples:
            if family.type == "counter":
                assert sample.name.endswith(("_total", "_created")), sample.name
    promtool = shutil.which("promtool")
    if promtool is not None:
        checked = subprocess.run(
            [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_a_token_that_was_set_is_needed(data_dir: object, new_server: NewServer) -> None:
    with new_server(METRICS_TOKEN=TOKEN) as server:
        client = server.client(root="")
        for header in ("", "Bearer", f"Bearer {TOKEN[:-1]}", f"Basic {TOKEN}", "Bearer \u00e9"):
            answer = client.get("/metrics", headers={b"Authorization": header.encode("latin-1")})
            assert (answer.status_code, answer.json()["code"]) == (401, "metrics_token_wrong"), header
            assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 200
        assert TOKEN not in server.logs()


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_without_a_token_a_proxy_on_this_machine_is_not_this_machine(server: Server, header: str) -> None:
    answer = server.client(root="").get("/metrics", headers={header: "203.0.113.9"})
    assert (answer.status_code, answer.json()["code"]) == (403, "metrics_not_local")


def test_without_the_launch_secret_there_are_no_numbers(server: Server) -> None:
    assert server.client(secret=False, root="").get("/metrics").status_code == 404
