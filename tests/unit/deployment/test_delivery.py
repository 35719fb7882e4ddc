"""The Dockerfile and the workflows that build, scan, publish and roll out."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.deployment.processes import FULL_VERSION, REPOSITORY, SERVICES

GITHUB = REPOSITORY / ".github"
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()


def steps(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text())
    return [step for job in content["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        *(("vendor.github-workflows", path) for path in WORKFLOWS),
        ("vendor.dependabot", GITHUB / "dependabot.yml"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_their_schemas_accept_them(schema: str, path: Path) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_may_little_and_end(path: Path) -> None:
    content = yaml.safe_load(path.read_text())
    assert content["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in content["jobs"].values())
    for step in steps(path):
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False
        if "uses" in step:
            assert re.search(r"@[0-9a-f]{40}$", step["uses"]), step["uses"]
        # What others can name (a branch, a tag) reaches scripts through variables only.
        assert "${{" not in step.get("run", ""), step


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_run_targets_that_exist(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(), re.MULTILINE))
    called = {word for step in steps(path) for word in re.findall(r"\bmake ([a-z-]+)", step.get("run", ""))}
    assert called
    assert called <= targets


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_scripts_are_shell(path: Path) -> None:
    for step in steps(path):
        if "run" in step:
            done = subprocess.run(["bash", "-n"], input=step["run"], capture_output=True, text=True)
            assert done.returncode == 0, done.stderr


def test_a_release_is_scanned_before_it_is_published_and_rolled_out_by_digest() -> None:
    uses = [step.get("uses", "").partition("@")[0] for step in steps(GITHUB / "workflows" / "release.yml")]
    published = [
        step
        for step in steps(GITHUB / "workflows" / "release.yml")
        if (step.get("with") or {}).get("push") is True
    ]
    assert len(published) == 1
    assert published[0]["with"]["sbom"] is True
    assert published[0]["with"]["provenance"] == "mode=max"
    assert uses.index("aquasecurity/trivy-action") < uses.index("docker/login-action")
    text = (GITHUB / "workflows" / "release.yml").read_text()
    assert 'kustomize edit set image "pawtrait=$IMAGE@$DIGEST"' in text


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_say_which_version_a_commit_is_and_all_the_same(path: Path) -> None:
    named = re.findall(r"uses: (\S+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)\n", path.read_text())
    assert len(named) == path.read_text().count("uses: ")
    everywhere = "".join(each.read_text() for each in WORKFLOWS)
    for action, commit, version in named:
        pins = set(re.findall(rf"{action}@(.+)", everywhere))
        assert pins == {f"{commit} # {version}"}


def test_bases_and_tools_have_full_versions() -> None:
    texts = [DOCKERFILE, *(path.read_text() for path in WORKFLOWS)]
    bases = {base for text in texts for base in re.findall(r"python:[\w.-]*-slim-bookworm", text)}
    assert len(bases) == 1, "the Dockerfile and the workflows differ"
    assert re.search(FULL_VERSION, bases.pop())
    for text in texts:
        assert ":latest" not in text
        for words in re.findall(r"pip install (.+)", text):
            assert "--constraint" in words or re.fullmatch(r"[\w-]+==\d+\.\d+\.\d+", words), words


def roll_out(folder: Path, manifests: str, digest: str) -> tuple[int, str]:
    """Status of the step that names others' images, and what it makes of ``manifests``."""
    (script,) = [
        step["run"]
        for step in steps(GITHUB / "workflows" / "release.yml")
        if "Others' images" in step.get("name", "")
    ]
    registry = folder / "docker"
    registry.write_text(f"#!/bin/sh\necho {digest}\n")
    registry.chmod(0o755)
    (folder / "all.yaml").write_text(manifests)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "RUNNER_TEMP": str(folder)}
    done = subprocess.run(["bash", "-e", "-c", script], env=environment, capture_output=True, text=True)
    return done.returncode, (folder / "all.yaml").read_text()


def test_others_images_are_rolled_out_by_digest_as_well(tmp_path: Path) -> None:
    ours, digest = "pawtrait@sha256:" + "1" * 64, "sha256:" + "2" * 64
    manifests = f"      - image: {ours}\n        image: redis:8.2.10-alpine\n        image: {ours}\n"
    status, text = roll_out(tmp_path, manifests, digest)
    assert status == 0
    assert text == manifests.replace("8.2.10-alpine", f"8.2.10-alpine@{digest}")
    status, _ = roll_out(tmp_path, manifests, "")
    assert status != 0, "an image without a digest stops the roll-out"


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_dependencies_are_audited_on_every_change_and_before_a_release(path: Path) -> None:
    assert "pip-audit --requirement constraints.txt" in path.read_text()


def test_the_roll_out_writes_every_secret_that_kustomize_reads() -> None:
    overlay = yaml.safe_load((REPOSITORY / "k8s/overlays/production/kustomization.yaml").read_text())
    files = {Path(file).name for secret in overlay["secretGenerator"] for file in secret["files"]}
    (script,) = [
        step["run"]
        for step in steps(GITHUB / "workflows" / "release.yml")
        if step.get("name") == "Secrets as files, for kustomize"
    ]
    (loop,) = re.findall(r"for name in ([A-Z_ ]+);", script)
    assert {*loop.split(), *re.findall(r"secrets/([a-z-]+\.json)", script)} == files


def test_no_registry_is_named() -> None:
    files = [*WORKFLOWS, REPOSITORY / "Dockerfile", *REPOSITORY.glob("docker-compose*.yml")]
    files += sorted((REPOSITORY / "k8s").rglob("*.yaml"))
    for path in files:
        assert not re.search(r"\b(ghcr|quay|gcr|docker)\.io\b", path.read_text()), path


def test_the_dockerfile_lints() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([str(linter), str(REPOSITORY / "Dockerfile")], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_image_runs_as_nobody_in_particular_and_builds_nothing() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert "\nUSER 10001:10001\n" in last
    assert "HEALTHCHECK" in last
    assert not re.search(r"\b(pip|apt-get|gcc|curl|wget)\b", last)
    assert DOCKERFILE.count("--constraint constraints.txt") == DOCKERFILE.count("/pip ") == 2
    assert "torch" not in DOCKERFILE


def test_only_what_the_image_is_made_of_reaches_the_engine() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*"
    let_in = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--)(.+)$", DOCKERFILE, re.MULTILINE) for word in line.split()
    }
    assert let_in == {name for name in copied if name != "./"}


ENTRIES = (
    *(f"services.{service}.server" for service in SERVICES),
    *("gateway.__main__", "shared.secret_files", "shared.healthcheck", "shared.database.migrate"),
    *("shared.database.backup", "shared.object_storage.make_bucket"),
    *("services.noseprint.jobs.reembed", "services.noseprint.jobs.enrol", "services.noseprint.rotate_keys"),
    *("services.noseprint.sweeper", "services.noseprint.decide", "services.noseprint.undelivered"),
)
"""Programs that the image has to be able to run."""


def files_of(module: str) -> list[Path]:
    """Source files that importing a module of ours reads, packages above it included."""
    parts = module.split(".")
    above = [REPOSITORY.joinpath(*parts[:depth], "__init__.py") for depth in range(1, len(parts) + 1)]
    return [path for path in (*above, REPOSITORY.joinpath(*parts).with_suffix(".py")) if path.is_file()]


def needed(entries: tuple[str, ...]) -> set[Path]:
    """Source files of ours that programs import, wherever in a file the import stands."""
    waiting, found = list(entries), set()
    while waiting:
        for path in files_of(waiting.pop()):
            if path in found:
                continue
            found.add(path)
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    waiting += [name.name for name in node.names]
                elif isinstance(node, ast.ImportFrom) and node.module:
                    waiting += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
    return {path.relative_to(REPOSITORY) for path in found}


def test_nothing_that_runs_in_the_image_is_left_out_of_it() -> None:
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    patterns = [line for line in lines if line and line[0] not in "#!" and line != "*"]
    left_out = [
        path
        for path in needed(ENTRIES)
        for place in (path, *path.parents)
        for pattern in patterns
        if place.match(pattern.removeprefix("**/"))
    ]
    assert not left_out
    assert Path("services/noseprint/embedding.py") in needed(ENTRIES), "imports are followed"
