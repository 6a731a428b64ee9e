"""The federation's certificate authority: it serves TLS and nothing else (PROTOCOL 1).

A certificate names its member by SPIFFE URI and DNS name.  Both come from the
coordinator's registry, never from the request that is signed.  Who may say what is
decided by the roster's Ed25519 keys, so a stolen authority key reads no message.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from coordinator.errors import JoinRefusedError
from privacy.errors import Text
from protos.transport import server_name, spiffe_id

AUTHORITY_DAYS = 3_970
CLOCK_SKEW = timedelta(minutes=10)
MOST_REQUEST_BYTES = 16_384


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a certificate is for, as the registry says: city, role, id and network host."""

    city: str
    role: str
    member_id: str
    host: str
    """Host name or IP address under which it is dialled; loopback is always added."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A private key with its certificate, both PEM."""

    key_pem: bytes = field(repr=False)
    certificate_pem: bytes


def make_authority(city: str, now: datetime) -> Issued:
    """Make the authority of *city*: an EC P-256 key and a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Enishi {city}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=AUTHORITY_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return Issued(_key_pem(key), certificate.public_bytes(serialization.Encoding.PEM))


def issue(
    authority: Issued, request_pem: bytes, subject: Subject, now: datetime, days: int
) -> bytes:
    """Sign a certificate for *subject* over the key in *request_pem*; return it as PEM.

    Raises:
        JoinRefusedError: the request is not a valid one for an EC P-256 key.
    """
    key = _requested_key(request_pem)
    signer = serialization.load_pem_private_key(authority.key_pem, None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise _bad_request("the authority's key is not an EC key")
    issuer = x509.load_pem_x509_certificate(authority.certificate_pem)
    usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.member_id)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        .add_extension(x509.SubjectAlternativeName(_alternative_names(subject)), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .sign(signer, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM)


def ends(certificate_pem: bytes) -> datetime:
    """Return until when a certificate is valid (UTC)."""
    return x509.load_pem_x509_certificate(certificate_pem).not_valid_after_utc


def _alternative_names(subject: Subject) -> list[x509.GeneralName]:
    names: list[x509.GeneralName] = [
        x509.UniformResourceIdentifier(spiffe_id(subject.city, subject.role, subject.member_id)),
        x509.DNSName(server_name(subject.member_id)),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.IPv4Address("127.0.0.1")),
    ]
    try:
        found: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(subject.host))
    except ValueError:
        found = x509.DNSName(subject.host)
    return names if found in names or not subject.host else [*names, found]


def _requested_key(request_pem: bytes) -> ec.EllipticCurvePublicKey:
    if len(request_pem) > MOST_REQUEST_BYTES:
        raise _bad_request("it is over the limit")
    try:
        request = x509.load_pem_x509_csr(request_pem)
        key = request.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or not request.is_signature_valid:
            raise _bad_request("its key or its signature is wrong")
        if key.curve.name != "secp256r1":
            raise _bad_request("its key is not on P-256")
    except (ValueError, InvalidSignature) as error:
        raise _bad_request("it cannot be read") from error
    return key


def _bad_request(why: str) -> JoinRefusedError:
    return JoinRefusedError(
        Text("証明書の要求が正しくありません。", f"The certificate request is wrong: {why}."),
        Text("参加側で `init` をやり直してください。", "Run `init` again at the joining side."),
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
