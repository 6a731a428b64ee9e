"""`enishi node`: the department's operator, approvers and staff at their own node."""

from __future__ import annotations

import typer

from nodes.verbs.audit import audit_app
from nodes.verbs.operate import (
    doctor,
    import_,
    init,
    preview_encoding,
    quality,
    serve,
    status,
)
from nodes.verbs.people import account_app, alerts_app, hold, plans_app, roster_app
from nodes.verbs.plan_show import plans_show
from nodes.verbs.redteam import redteam
from nodes.verbs.review import review_app

app = typer.Typer(no_args_is_help=True, help="部署のノード / a department's node")
app.command("init")(init)
app.command("doctor")(doctor)
app.command("import")(import_)
app.command("quality")(quality)
app.command("serve")(serve)
app.command("status")(status)
app.command("preview-encoding")(preview_encoding)
app.command("redteam")(redteam)
app.command("hold")(hold)
plans_app.command("show")(plans_show)
app.add_typer(roster_app, name="roster")
app.add_typer(plans_app, name="plans")
app.add_typer(account_app, name="account")
app.add_typer(review_app, name="review")
app.add_typer(alerts_app, name="alerts")
app.add_typer(audit_app, name="audit")
