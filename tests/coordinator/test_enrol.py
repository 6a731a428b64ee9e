from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from coordinator.enrol import Admission
from coordinator.errors import JoinRefusedError
from coordinator.process import CoordinatorProcess
from coordinator.store.members import MemberRole, MemberState, Registered
from privacy.errors import BadInputError
from privacy.identity import AgreementKey, IdentityKey
from protos.joinfile import JoinFile
from protos.joining import make_key_and_request
from tests.coordinator.conftest import TurnedClock

SCHOOL = Registered(
    member_id="school",
    role=MemberRole.NODE,
    name_ja="学校",
    name_en="School",
    address="10.1.2.3:50051",
)


def shown(code: str, member_id: str = "school", request: bytes | None = None) -> Admission:
    return Admission(
        code=code,
        member_id=member_id,
        role=MemberRole.NODE,
        identity_public=IdentityKey.generate().public,
        static_public=AgreementKey.generate().public,
        request_pem=request or make_key_and_request()[1],
    )


def test_a_member_joins_with_its_code(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code

    certificate = registrar.admit(shown(code))

    assert x509.load_pem_x509_certificate(certificate).version is x509.Version.v3
    assert process.members.get("school").state is MemberState.JOINED


def test_the_certificate_s_names_come_from_the_registry_not_from_the_request(
    process: CoordinatorProcess,
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    stolen = x509.SubjectAlternativeName(
        [x509.UniformResourceIdentifier("spiffe://toda/coordinator/coordinator")]
    )
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .add_extension(stolen, critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    registrar = process.registrar()

    issued = registrar.admit(shown(registrar.invite(SCHOOL).code, request=request))

    certificate = x509.load_pem_x509_certificate(issued)
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "spiffe://toda/node/school"
    ]
    assert set(names.get_values_for_type(x509.DNSName)) == {
        "school.enishi.internal",
        "localhost",
    }
    addresses = [str(a) for a in names.get_values_for_type(x509.IPAddress)]
    assert addresses == ["127.0.0.1", "10.1.2.3"]
    life = certificate.not_valid_after_utc - process.clock()
    assert life.days == 397
    certificate.verify_directly_issued_by(x509.load_pem_x509_certificate(registrar.authority_pem()))


def test_a_code_is_kept_as_its_hash_only(process: CoordinatorProcess) -> None:
    code = process.registrar().invite(SCHOOL).code

    folder = process.config.home
    held = b"".join(p.read_bytes() for p in folder.glob("coordinator.db*"))

    assert code.encode() not in held


def test_a_wrong_code_is_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    registrar.invite(SCHOOL)

    with pytest.raises(JoinRefusedError, match="wrong"):
        registrar.admit(shown("AAAA"))


def test_another_member_s_code_is_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code
    registrar.invite(replace(SCHOOL, member_id="survey"))

    with pytest.raises(JoinRefusedError, match="wrong"):
        registrar.admit(shown(code, "survey"))


def test_an_expired_code_is_refused(process: CoordinatorProcess, clock: TurnedClock) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code
    clock.turn(hours=72)

    with pytest.raises(JoinRefusedError, match="expired"):
        registrar.admit(shown(code))


def test_a_used_code_is_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code
    registrar.admit(shown(code))

    with pytest.raises(JoinRefusedError, match="used"):
        registrar.admit(shown(code))


def test_the_same_request_again_gets_the_same_certificate(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    admission = shown(registrar.invite(SCHOOL).code)

    assert registrar.admit(admission) == registrar.admit(admission)


def test_a_new_invitation_ends_the_earlier_one(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    first = registrar.invite(SCHOOL).code
    registrar.invite(SCHOOL)

    with pytest.raises(JoinRefusedError, match="wrong"):
        registrar.admit(shown(first))


def test_another_role_than_the_registered_one_is_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code

    with pytest.raises(JoinRefusedError, match="role"):
        registrar.admit(replace(shown(code), role=MemberRole.DEALER))


def test_keys_of_another_member_are_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    first = shown(registrar.invite(SCHOOL).code)
    registrar.admit(first)
    code = registrar.invite(replace(SCHOOL, member_id="survey")).code

    with pytest.raises(JoinRefusedError, match="another member"):
        registrar.admit(replace(first, code=code, member_id="survey"))


def test_a_request_for_another_kind_of_key_is_refused(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    request = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([]))
        .sign(rsa.generate_private_key(65537, 2048), hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )

    with pytest.raises(JoinRefusedError, match="request"):
        registrar.admit(shown(registrar.invite(SCHOOL).code, request=request))


def test_a_refused_request_leaves_the_code_usable(process: CoordinatorProcess) -> None:
    registrar = process.registrar()
    code = registrar.invite(SCHOOL).code
    with pytest.raises(JoinRefusedError):
        registrar.admit(shown(code, request=b"no request"))

    assert registrar.admit(shown(code))


@pytest.mark.parametrize("member_id", ["coordinator", "Schule", "", "a b"])
def test_an_unusable_id_is_not_invited(process: CoordinatorProcess, member_id: str) -> None:
    with pytest.raises(BadInputError, match="id"):
        process.registrar().invite(replace(SCHOOL, member_id=member_id))


@pytest.mark.parametrize("address", ["", "school", ":1", "school:0", "school:70000", "school:x"])
def test_an_unusable_address_is_not_invited(process: CoordinatorProcess, address: str) -> None:
    with pytest.raises(BadInputError, match="host:port"):
        process.registrar().invite(replace(SCHOOL, address=address))


def test_a_joined_member_is_invited_again_only_after_it_is_revoked(
    process: CoordinatorProcess,
) -> None:
    registrar = process.registrar()
    registrar.admit(shown(registrar.invite(SCHOOL).code))
    with pytest.raises(BadInputError, match="joined"):
        registrar.invite(SCHOOL)

    process.members.revoke("school")

    assert registrar.admit(shown(registrar.invite(SCHOOL).code))


def test_a_join_file_is_read_back_and_private(process: CoordinatorProcess, tmp_path: Path) -> None:
    path = tmp_path / "school.join.json"
    join_file = process.registrar().invite(SCHOOL)

    join_file.write(path)

    assert JoinFile.read(path) == join_file
    assert path.stat().st_mode & 0o777 == 0o600
    assert join_file.code not in repr(join_file)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"version": 2}', "\x00"])
def test_a_damaged_join_file_is_bad_input(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.join.json"
    path.write_text(text, encoding="utf-8")

    with pytest.raises(BadInputError, match=r"x\.join\.json"):
        JoinFile.read(path)
