"""What a node brings to its enrolment: a join file, a key for TLS, a certificate request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from privacy.errors import BadInputError, ProtocolError, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinFile:
    """What the coordinator's operator hands to a node's operator, once, on paper or a stick."""

    city: str
    coordinator: str
    address: str
    member: str
    role: str
    sealed: bool
    name_ja: str
    name_en: str
    listen: str
    authority_pem: str
    code: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> JoinFile:
        """Read a join file.

        Raises:
            BadInputError: it is missing, damaged or of another version.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            known = {f.name for f in fields(cls)}
            return cls(**{k: v for k, v in values.items() if k in known})
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise BadInputError(
                Text(
                    f"参加ファイル {path.name} を読めません。",
                    f"The join file {path.name} cannot be read.",
                ),
                Text(
                    "統括の担当者に `enishi coordinator node add` で作り直してもらってください。",
                    "Ask the coordinator's operator for a new one (`enishi coordinator node add`).",
                ),
            ) from error


def make_tls_key() -> bytes:
    """Return a new P-256 private key for TLS, as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def certificate_request(tls_key_pem: bytes, member: str) -> bytes:
    """Return a certificate request for *member*, as PEM.

    It proves possession of the key; the names in the certificate are the
    coordinator's to set, from its own register.
    """
    key = serialization.load_pem_private_key(tls_key_pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the TLS key is a P-256 key")
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, member)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return request.public_bytes(serialization.Encoding.PEM)


def check_certificate(
    certificate_pem: bytes, authority_pem: bytes, tls_key_pem: bytes, spiffe: str
) -> None:
    """Check what the coordinator issued before it is kept.

    Raises:
        ProtocolError: it is for another key or member, or not of this federation.
    """
    certificate = x509.load_pem_x509_certificate(certificate_pem)
    authority = x509.load_pem_x509_certificate(authority_pem)
    key = serialization.load_pem_private_key(tls_key_pem, password=None)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError, TypeError) as error:
        raise _wrong_certificate() from error
    ours = certificate.public_key() == key.public_key()
    if not ours or spiffe not in names.get_values_for_type(x509.UniformResourceIdentifier):
        raise _wrong_certificate()


def _wrong_certificate() -> ProtocolError:
    return ProtocolError(
        Text(
            "発行された証明書が、この鍵、この機関、この連合のものではありません。",
            "The issued certificate is not for this key, this member and this federation.",
        ),
        Text(
            "統括の担当者と参加ファイルを照合してください。",
            "Compare the join file with the coordinator's operator.",
        ),
    )
