"""The Job that brings a backup back, made as docs/deployment.md tells, without a cluster."""

import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

from shared.database.backup_store import BackupSettings
from tests.unit.deployment.manifests import Manifest, containers, of_kind
from tests.unit.deployment.processes import REPOSITORY, names_of

NAME = "20261120T031700Z"


def made_from(cron_job: Manifest) -> Manifest:
    """The Job that ``kubectl create job --from`` makes."""
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "restore-1", "namespace": cron_job["metadata"]["namespace"]},
        "spec": cron_job["spec"]["jobTemplate"]["spec"],
    }


def with_settings(job: Manifest, *settings: str) -> Manifest:
    """The Job with variables that ``kubectl set env`` adds."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    command = ["kubectl", "set", "env", "--local", "--filename", "-", "--output", "yaml", *settings]
    done = subprocess.run(command, input=yaml.safe_dump(job), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    changed: Manifest = yaml.safe_load(done.stdout)
    return changed


def test_it_is_never_run_by_the_clock_and_tried_once(manifests: list[Manifest]) -> None:
    spec = of_kind(manifests, "CronJob")["restore"]["spec"]
    assert spec["suspend"] is True
    assert spec["jobTemplate"]["spec"]["backoffLimit"] == 0
    (container,) = containers(of_kind(manifests, "CronJob")["restore"])
    assert container["args"] == ["shared.database.backup", "restore"]


def test_a_job_with_the_name_of_a_backup_is_accepted_and_read(
    manifests: list[Manifest], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = (f"BACKUP_RESTORE_NAME={NAME}", "BACKUP_RESTORE_REPLACE=true")
    job = with_settings(made_from(of_kind(manifests, "CronJob")["restore"]), *told)
    kubernetes_validate.validate(job, "1.34", strict=True)
    (container,) = containers(job)
    for each in container["env"]:
        monkeypatch.setenv(each["name"], each["value"])
    settings = BackupSettings()
    assert (settings.restore_name, settings.restore_replace) == (NAME, True)


def test_a_name_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BACKUP_RESTORE_NAME", "../20261120T031700Z")
    with pytest.raises(ValueError, match="restore_name"):
        BackupSettings()


def test_the_guide_names_settings_that_exist() -> None:
    text = (REPOSITORY / "docs" / "deployment.md").read_text()
    told = set(re.findall(r"BACKUP_RESTORE_[A-Z]+", text))
    assert told
    assert told <= names_of(BackupSettings)
