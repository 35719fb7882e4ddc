"""Makes what TLS between gateway and services needs: ``python -m deploy.make_certificates [FOLDER]``.

Writes an authority, and certificates of it for the gateway and each service, into ``deploy/secrets`` unless
another folder is named; ``docker-compose.tls.yml`` takes them from there. What is there already is left as it
is, but for what ends within 90 days, which is made again: run it every month. In Kubernetes cert-manager does
the same (``k8s/components/mutual-tls``).
"""

import argparse
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.make_secrets import FOLDER, prepare, write

AUTHORITY = "grpc-authority"
GATEWAY = "gateway"
SERVICES = ("traits", "facecolor", "icon", "noseprint", "facetype")
"""Names that the gateway calls services by in compose."""
AUTHORITY_LASTS = timedelta(days=3650)
CERTIFICATE_LASTS = timedelta(days=730)
RENEWED_BEFORE = timedelta(days=90)
"""Time before its end at which a certificate is made again."""


@dataclass(frozen=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def ends_soon(self, now: datetime) -> bool:
        """Whether it is to be made again."""
        return self.certificate.not_valid_after_utc < now + RENEWED_BEFORE

    def is_of(self, authority: "Pair") -> bool:
        """Whether the authority signed it."""
        try:
            self.certificate.verify_directly_issued_by(authority.certificate)
        except (InvalidSignature, ValueError):
            return False
        return True


def make(folder: Path, now: datetime | None = None) -> list[str]:
    """Write an authority and certificates of it where they are missing or end soon; the names of the files.

    The gateway's certificate is for calling only, a service's only for being called by its name, so that
    whoever gets hold of a service's cannot call another one with it. The authority's key, which no container
    needs, can be read by its owner only.

    Args:
        folder: where they are, and go.
        now: the time; None: the clock's.

    Raises:
        ValueError: a file that is there is no certificate or no key.
    """
    now = now or datetime.now(UTC)
    prepare(folder)
    made = []
    authority = _read(folder, AUTHORITY)
    if authority is None or authority.ends_soon(now):
        authority = _make_authority(now)
        made += _write(folder, AUTHORITY, authority, key_mode=0o600)
    for name in (GATEWAY, *SERVICES):
        pair = _read(folder, f"grpc-{name}")
        if pair is None or pair.ends_soon(now) or not pair.is_of(authority):
            usage = ExtendedKeyUsageOID.CLIENT_AUTH if name == GATEWAY else ExtendedKeyUsageOID.SERVER_AUTH
            made += _write(folder, f"grpc-{name}", _issue(name, usage, authority, now), key_mode=0o644)
    return made


def _make_authority(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(AUTHORITY)
    builder = (
        _begun(name, name, key, key, now, AUTHORITY_LASTS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
    )
    return Pair(builder.sign(key, hashes.SHA256()), key)


def _issue(name: str, usage: x509.ObjectIdentifier, authority: Pair, now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    builder = (
        _begun(_name(name), issuer, key, authority.key, now, CERTIFICATE_LASTS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    )
    return Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _begun(
    name: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuers_key: ec.EllipticCurvePrivateKey,
    now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:
    """What all certificates have."""
    issuers_public_key = issuers_key.public_key()
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        # Clocks differ a little.
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers_public_key), critical=False)
    )


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"pawtrait {name}")])


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _read(folder: Path, name: str) -> Pair | None:
    """What is there; None: not both, or not of each other, as a run that was cut short leaves them."""
    certificate_file, key_file = folder / f"{name}.crt", folder / f"{name}.key"
    if not (certificate_file.exists() and key_file.exists()):
        return None
    certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
    key = serialization.load_pem_private_key(key_file.read_bytes(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    return Pair(certificate, key)


def _write(folder: Path, name: str, pair: Pair, *, key_mode: int) -> list[str]:
    pem = serialization.Encoding.PEM
    private = pair.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write(folder / f"{name}.key", private, key_mode)
    write(folder / f"{name}.crt", pair.certificate.public_bytes(pem))
    return [f"{name}.key", f"{name}.crt"]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", nargs="?", type=Path, default=FOLDER, help="where they go")
    folder = parser.parse_args().folder
    try:
        made = make(folder)
    except OSError as error:
        sys.exit(f"cannot write the certificates: {error}")
    print(f"{folder}: {', '.join(made) or 'everything is there already'}")


if __name__ == "__main__":
    main()
