"""The Kubernetes manifests as kustomize puts them together."""

import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from deploy.make_secrets import make
from tests.unit.deployment.processes import REPOSITORY

Manifest = dict[str, Any]

Variant = tuple[str, ...]
"""An overlay, and the optional components that are added to it."""

VARIANTS: tuple[Variant, ...] = (
    ("small",),
    ("production",),
    ("small", "mutual-tls"),
    ("production", "tracing"),
    ("production", "tracing", "mutual-tls"),
)
WORKLOADS = ("Deployment", "StatefulSet", "Job", "CronJob")


@cache
def kustomize() -> list[str] | None:
    """The command that builds; None where neither kustomize nor kubectl is installed."""
    if shutil.which("kustomize"):
        return ["kustomize", "build"]
    return ["kubectl", "kustomize"] if shutil.which("kubectl") else None


def build(variant: Variant, folder: Path) -> list[Manifest]:
    """Everything that an overlay applies, with secrets made for it."""
    overlay, *components = variant
    command = kustomize()
    assert command is not None
    shutil.copytree(
        REPOSITORY / "k8s", folder, ignore=lambda _, names: [name for name in names if name == "secrets"]
    )
    place = folder / "overlays" / overlay
    make(place / "secrets")
    if overlay == "production":
        (place / "secrets" / "SMTP_URL").write_text("smtps://user:password@mail.example:465")
    own = place / "kustomization.yaml"
    content = yaml.safe_load(own.read_text())
    content["components"] += [f"../../components/{name}" for name in components]
    own.write_text(yaml.safe_dump(content))
    done = subprocess.run([*command, str(place)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [each for each in yaml.safe_load_all(done.stdout) if each]


def of_kind(manifests: list[Manifest], *kinds: str) -> dict[str, Manifest]:
    """Manifests of some kinds by name."""
    return {each["metadata"]["name"]: each for each in manifests if each["kind"] in kinds}


def pod_template(workload: Manifest) -> Manifest:
    """The template of a workload's pods."""
    spec = workload["spec"]
    if workload["kind"] == "CronJob":
        spec = spec["jobTemplate"]["spec"]
    template: Manifest = spec["template"]
    return template


def containers(workload: Manifest) -> Iterator[Manifest]:
    """All containers of a workload's pods."""
    spec = pod_template(workload)["spec"]
    yield from (*spec.get("initContainers", []), *spec["containers"])


def is_ours(workload: Manifest) -> bool:
    """Whether it runs the project's own image."""
    return any("args" in each and each["name"] == "server" for each in containers(workload))
