"""The tables of settings name every setting there is, and none that there is not."""

import re

import pytest

from gateway.settings import GatewaySettings
from shared.database.backup_store import BackupSettings
from shared.grpc_tls import GrpcTlsSettings
from shared.storage_settings import StorageSettings
from tests.unit.deployment.processes import NOT_YET, OF_LIBRARIES, REPOSITORY, SERVICES, names_of, settings_of

DOCS = REPOSITORY / "docs"
KNOWN = {
    name
    for settings in (
        *map(settings_of, SERVICES),
        GatewaySettings,
        StorageSettings,
        BackupSettings,
        GrpcTlsSettings,
    )
    for name in names_of(settings)
}
OF_OTHERS = {
    *("POSTGRES_PORT", "POSTGRES_SHARED_BUFFERS", "SECRETS_DIR"),  # the launcher's, the image's
    *("SITE_ADDRESS", "ACME_EMAIL", "EDGE_SUBNET", "HTTP_PORT", "HTTPS_PORT", "PAWTRAIT_IMAGE"),  # compose
    *("BASE_IMAGE", "REGISTRY", "REGISTRY_USER", "REGISTRY_TOKEN", "ROLL_OUT", "KUBECONFIG"),  # the workflows
    *("NOSEPRINT_KEYS", "FACETYPE_KEYS", "API_KEYS"),
    *(name for names in OF_LIBRARIES.values() for name in names),
    *NOT_YET,
}


def tables(document: str) -> str:
    """The rows of a document's tables that begin with a variable."""
    lines = (DOCS / document).read_text().splitlines()
    return "\n".join(line.split("|")[1] for line in lines if re.match(r"\| `…?[A-Z][A-Z0-9_]+", line))


def test_every_setting_is_documented() -> None:
    text = (DOCS / "settings.md").read_text()
    whole = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", text))
    endings = set(re.findall(r"`…([A-Z][A-Z0-9_]+)`", text))
    prefixed = {f"{service.upper()}_{ending}" for service in SERVICES for ending in endings}
    assert not KNOWN - whole - prefixed


@pytest.mark.parametrize("document", ["settings.md", "deployment.md"])
def test_every_documented_setting_exists(document: str) -> None:
    whole = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", tables(document)))
    assert whole
    assert not whole - KNOWN - OF_OTHERS


def test_what_does_nothing_yet_is_said_to() -> None:
    text = (DOCS / "deployment.md").read_text()
    for name in NOT_YET:
        assert re.search(rf"`{name}`[^.]*(nothing|not) yet", text.replace("\n", " ")), name


def test_commands_name_files_that_exist() -> None:
    text = (DOCS / "deployment.md").read_text()
    for path in re.findall(r"\]\(\.\./([\w./-]+)\)", text):
        assert (REPOSITORY / path).exists(), path
    for target in re.findall(r"^make ([a-z-]+)", text, re.MULTILINE):
        assert re.search(rf"^{target}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE), target
