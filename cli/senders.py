"""``wavecom senders``."""

from typing import Annotated, Any

import typer

from cli.command import Run, command, group
from cli.output import clean, table
from cli.values import Channel, sender_id, tenant_id

PATH = "/api/senders"

app = group("Who notifications come from; an operator's key changes them.")

Tenant = Annotated[
    str | None, typer.Option(parser=tenant_id, metavar="TENANT", help="Of this tenant; needs an operator's key.")
]
SenderId = Annotated[
    str, typer.Argument(parser=sender_id, metavar="ID", help="Its id, for example billing.", show_default=False)
]


def list_senders(run: Run, tenant: Tenant = None) -> None:
    """List senders."""
    found = run.api.get(PATH, {"tenantId": tenant})
    rows = [
        (
            each["id"],
            each["type"],
            each["address"],
            each["name"],
            each["replyTo"],
            ", ".join(each["providers"]) or "all",
            "yes" if each["isDefault"] else "",
        )
        for each in found
    ]
    heads = ("id", "type", "address", "name", "reply to", "providers", "default")
    run.out.result(found, lambda: [table(*heads, rows=rows) if rows else "There are no senders."])


def put(
    run: Run,
    identifier: SenderId,
    channel: Annotated[Channel, typer.Option("--type", case_sensitive=False, help="Channel.")],
    address: Annotated[
        str, typer.Option(help="Email address; of SMS a number, short code or sender id; of PUSH the bundle id.")
    ],
    name: Annotated[str | None, typer.Option(help="Of EMAIL, shown beside the address.")] = None,
    reply_to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Of EMAIL: where answers go.")] = None,
    provider: Annotated[
        list[str] | None, typer.Option(help="One that may carry its messages; may be repeated. Default: all.")
    ] = None,
    default: Annotated[bool, typer.Option("--default", help="Use it where a notification names no sender.")] = False,
    tenant: Tenant = None,
) -> None:
    """Make a sender, or change it to this."""
    fields: dict[str, Any] = {
        "tenantId": tenant,
        "type": channel,
        "address": address,
        "name": name,
        "replyTo": reply_to,
        "providers": provider or None,
        "isDefault": default,
    }
    body = {field: value for field, value in fields.items() if value is not None}
    stored = run.api.call("PUT", f"{PATH}/{identifier}", body).data
    run.out.result(stored, lambda: [f"Sender {clean(stored['id'])} is {clean(stored['address'])}."])


def remove(run: Run, identifier: SenderId, tenant: Tenant = None) -> None:
    """Remove a sender; what was accepted with it is still sent as it."""
    done = run.api.call("DELETE", f"{PATH}/{identifier}", query={"tenantId": tenant}).body
    run.out.result({"id": identifier, "message": done["message"]}, lambda: [clean(done["message"])])


command(app, "list")(list_senders)
command(app, "put")(put)
command(app, "remove")(remove)
