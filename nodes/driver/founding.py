"""Making a node: folder, keys, certificate, configuration; and joining the federation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from nodes.driver.context import AUTHORITY, IDENTITY, STATIC, TLS_CERTIFICATE, TLS_KEY
from privacy.errors import BadInputError, Text
from privacy.identity import AgreementKey, Fingerprint, IdentityKey, fingerprint
from protos.joinfile import JoinFile
from protos.joining import join, make_key_and_request, member_of
from protos.keystore import Keystore

CONFIG = "node.toml"
_REQUEST = "tls.csr"
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
# この部署が参加する利用目的(purposes.yaml の id)。空なら何にも参加しません。
# 例: ["linkage", "sos_support", "school_karte"]。変えたら serve を起動し直します。
# Purposes (ids of purposes.yaml) that this department takes part in; none while empty.
# After a change, start serve again.
purposes = []
min_nodes = 3
min_slots = 100
max_runs_per_slot_table = 40
max_listed = 2000
rho_nano_per_year = 500000000  # 年間のプライバシー予算 0.5 / privacy budget a year
dealer_apart = true
dummy_share_percent = 3
second_pass_percent = 60

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
    if not keys.has(_REQUEST):
        key_pem, request_pem = make_key_and_request()
        keys.write(TLS_KEY, key_pem)
        keys.write(_REQUEST, request_pem)
    member = member_of(invitation, identity.public, static.public)
    certificate = asyncio.run(join(invitation, member, keys.read(_REQUEST)))
    keys.write(TLS_CERTIFICATE, certificate)
    keys.write(AUTHORITY, invitation.authority_pem.encode())
    keys.destroy(_REQUEST)
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
