"""Making a node: folder, keys, certificate, configuration; and joining the federation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from nodes.client import join
from nodes.driver.context import AUTHORITY, IDENTITY, STATIC, TLS_CERTIFICATE, TLS_KEY
from nodes.enrol import JoinFile, certificate_request, check_certificate, make_tls_key
from privacy.errors import BadInputError, Text
from privacy.identity import AgreementKey, Fingerprint, IdentityKey, fingerprint
from privacy.roster import Member, Mode, Role
from protos.keystore import Keystore
from protos.transport import spiffe_id

CONFIG = "node.toml"
_TEMPLATE = """\
# Enishi: このノードの設定 / configuration of this node
node = "{node}"
city = "{city}"
name_ja = "{name_ja}"
name_en = "{name_en}"
sealed = {sealed}
listen = "{listen}"        # 統括だけが接続します / only the coordinator connects
web = "{web}"           # この機械のブラウザーだけ / browsers of this machine only
coordinator = "{coordinator}"
department = "{department}"  # 取り込むファイルと列の対応 / files and columns
governance = "{governance}"  # 目録・目的・根拠・職員 / catalogue, purposes, bases, staff

[policy]
# この部署が参加する利用目的。空なら何にも参加しません。
# Purposes that this department takes part in; none while empty.
purposes = []
min_nodes = 3
min_slots = 100
max_runs_per_slot_table = 40
max_listed = 2000
rho_nano_per_year = 500000000  # 年間のプライバシー予算 0.5 / privacy budget a year
dealer_apart = true
dummy_share_percent = 3

# 事前の承認の例 / a standing approval, for example:
# [[standing_approvals]]
# kind = "link"
# purpose = "linkage"
# until = 2027-03-31
# approved_by = "approver1"
"""


@dataclass(frozen=True, slots=True)
class Founded:
    """A new node: where it stands, and the fingerprint to read out on the telephone."""

    node: str
    config_file: Path
    fingerprint: Fingerprint


def found(
    folder: Path,
    join_file: Path,
    *,
    listen: str | None = None,
    web: str = "127.0.0.1:8801",
    department: str = "department.toml",
    governance: str = "governance",
) -> Founded:
    """Make a node in *folder* and join; run again after a failure, it goes on.

    Raises:
        BadInputError: the folder holds a node already, or the join file cannot be used.
        UnreachableError: the coordinator's enrolment service does not answer.
        RefusedError: the code is wrong, used or expired.
    """
    invitation = JoinFile.read(join_file)
    config_file = folder / CONFIG
    if config_file.exists():
        raise BadInputError(
            Text(f"{folder} には既にノードがあります。", f"There is a node in {folder} already."),
            Text("別のフォルダーを指定してください。", "Name another folder."),
        )
    if invitation.role != "node":
        raise BadInputError(
            Text(
                "この参加ファイルはノードのものではありません。", "This join file is not a node's."
            ),
            Text(
                "配布者は `enishi dealer init` を使います。", "A dealer uses `enishi dealer init`."
            ),
        )
    keys = Keystore(folder / "keys")
    identity = IdentityKey(keys.keep(IDENTITY, IdentityKey.generate().seed))
    static = AgreementKey(keys.keep(STATIC, AgreementKey.generate().private))
    tls_key = keys.keep(TLS_KEY, make_tls_key())
    request = keys.keep("tls.csr", certificate_request(tls_key, invitation.member))
    member = Member(
        invitation.member,
        Role.NODE,
        Text(invitation.name_ja, invitation.name_en),
        identity.public,
        static.public,
        Mode.SEALED if invitation.sealed else Mode.OPEN,
    )
    certificate, authority = asyncio.run(join(invitation, member, request))
    spiffe = spiffe_id(invitation.city, "node", invitation.member)
    check_certificate(certificate, invitation.authority_pem.encode(), tls_key, spiffe)
    keys.write(TLS_CERTIFICATE, certificate)
    keys.write(AUTHORITY, authority)
    text = _TEMPLATE.format(
        node=invitation.member,
        city=invitation.city,
        name_ja=invitation.name_ja,
        name_en=invitation.name_en,
        sealed=str(invitation.sealed).lower(),
        listen=listen or invitation.listen,
        web=web,
        coordinator=invitation.coordinator,
        department=department,
        governance=governance,
    )
    config_file.write_text(text, encoding="utf-8")
    prints = fingerprint(identity.public, static.public)
    return Founded(invitation.member, config_file, prints)
