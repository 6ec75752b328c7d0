"""compose.yaml, the Containerfile and the manifests say what the product reads and serves."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from office360.server.commands.parser import build_parser
from office360.server.settings import ENV_PREFIX, Settings

from ..conftest import skip_or_fail_tier
from .files import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
EXAMPLE = (ROOT / "deploy" / "compose" / "example.env").read_text()
KUBERNETES = ROOT / "deploy" / "kubernetes"
CADDYFILE = (ROOT / "deploy" / "server" / "Caddyfile").read_text()
OURS = ("migrate", "web1", "web2", "worker", "testroom")
VARIABLE = re.compile(r"\$\{(\w+)(:[-?])?")
# Read by compose.yaml itself, by Caddy, and by the shell script of an upgrade.
NOT_SETTINGS = {"SITE", "IMAGE", "TLS", "UPSTREAM", "ACCESS_LOG", "UNAVAILABLE"}


def documents() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Read all documents of the manifests, with their files."""
    for path in sorted(KUBERNETES.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            yield path, document


def pods() -> dict[str, dict[str, Any]]:
    """Return the pod of each part of the product in Kubernetes."""
    return {
        document["metadata"]["name"]: document["spec"]["template"]["spec"]
        for _, document in documents()
        if document["kind"] in ("Deployment", "Job")
    }


def setting_names(text: str) -> set[str]:
    return set(re.findall(rf"{ENV_PREFIX}(\w+)", text)) - NOT_SETTINGS


@pytest.mark.parametrize(
    "text",
    [(ROOT / "compose.yaml").read_text(), EXAMPLE, *(path.read_text() for path in KUBERNETES.glob("*.yaml"))],
)
def test_files_name_settings_that_exist(text: str) -> None:
    assert {name.lower() for name in setting_names(text)} <= set(Settings.model_fields)


def test_commands_of_containers_are_accepted() -> None:
    for service in OURS:
        build_parser().parse_args(COMPOSE["services"][service]["command"])
    for pod in pods().values():
        (container,) = pod["containers"]
        build_parser().parse_args(container["args"])


def test_example_gives_each_variable_that_compose_demands() -> None:
    text = (ROOT / "compose.yaml").read_text()
    demanded = {name for name, default in VARIABLE.findall(text) if default != ":-"}
    given = set(re.findall(r"^(\w+)=", EXAMPLE, re.MULTILINE))
    assert demanded <= given


def test_commands_are_lists_whose_words_may_have_blanks() -> None:
    # podman-compose splits a command that is one text before it fills in variables
    assert [name for name, one in COMPOSE["services"].items() if isinstance(one.get("command"), str)] == []


def test_containers_of_the_product_are_confined() -> None:
    for service in OURS:
        one = COMPOSE["services"][service]
        assert (one["read_only"], one["cap_drop"], one["security_opt"]) == (True, ["ALL"], ["no-new-privileges"])
    for pod in pods().values():
        assert pod["securityContext"]["runAsNonRoot"]
        assert not pod["automountServiceAccountToken"]
        (container,) = pod["containers"]
        confined = {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["securityContext"] == confined
        assert pod["securityContext"]["runAsUser"] == int(_containerfile_value("USER").partition(":")[0])


def _containerfile_value(name: str) -> str:
    (value,) = re.findall(rf"^{name} (.*)$", (ROOT / "Containerfile").read_text(), re.MULTILINE)
    return str(value)


def test_each_process_has_a_health_check_at_its_port() -> None:
    ports = {"web1": 8360, "web2": 8360, "worker": 8362, "testroom": 8361}
    for service, port in ports.items():
        assert f"127.0.0.1:{port}/readyz" in COMPOSE["services"][service]["healthcheck"]["test"][-1]
    for name in ("web", "worker", "testroom"):
        (container,) = pods()[name]["containers"]
        (port,) = container["ports"]
        assert port["containerPort"] == ports.get(name, ports["web1"])
        probes = [container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")]
        paths = ["/healthz", "/healthz", "/readyz"]
        assert probes == [{"path": path, "port": port["name"]} for path in paths]
    assert _containerfile_value("EXPOSE") == "8360/tcp"


def test_database_and_bus_are_not_published() -> None:
    services = COMPOSE["services"]
    assert {name for name, one in services.items() if "ports" in one} == {"proxy", "testroom"}
    assert all(port.startswith("${PUBLIC_ADDRESS}:") for one in services.values() for port in one.get("ports", []))


def test_test_room_announces_the_ports_that_are_published() -> None:
    room = COMPOSE["services"]["testroom"]
    published = room["environment"]["OFFICE360_TESTROOM_PORTS"]
    assert room["ports"] == [f"${{PUBLIC_ADDRESS}}:{published}:{published}/udp"]


def test_proxy_leads_to_both_web_containers() -> None:
    proxy = COMPOSE["services"]["proxy"]["environment"]
    assert proxy["OFFICE360_UPSTREAM"] == "web1:8360 web2:8360"
    assert all(f"{{${name}" in CADDYFILE for name in proxy)


def test_kustomization_lists_every_manifest() -> None:
    listed = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    assert sorted([*listed, "kustomization.yaml"]) == sorted(path.name for path in KUBERNETES.iterdir())


def test_version_is_equal_in_all_files() -> None:
    (version,) = re.findall(r'^version = "(.*?)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    (tag,) = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["images"]
    assert tag["newTag"] == version
    assert f"localhost/office360:{version}}}" in (ROOT / "compose.yaml").read_text()
    assert f"--tag office360:{version} " in (ROOT / "Containerfile").read_text()
    assert f"localhost/office360:{version} ." in (ROOT / "docs" / "containers.md").read_text()
    assert f"\nVersion {version};" in (ROOT / "README.md").read_text()


def test_manifests_are_valid_for_kubernetes() -> None:
    if shutil.which("kustomize") is None:
        skip_or_fail_tier("NO KUSTOMIZE ON THIS MACHINE: no manifest was validated (apt-get install kustomize)")
    done = subprocess.run(
        ["make", "--silent", "manifests", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    documents_of_kustomize = len(list(documents())) - 1  # without kustomization.yaml
    assert (done.stdout + done.stderr).count("passed for resource") == documents_of_kustomize
