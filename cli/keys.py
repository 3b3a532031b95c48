"""``wavecom keys``, for an operator's key. A new token goes to stdout alone, once, and everything else to stderr."""

import sys
from typing import Annotated, Any

import typer

from cli.command import Run, command, group
from cli.errors import UnreachableError
from cli.output import clean, moment, table
from cli.values import Role, key_id, tenant_id

PATH = "/api/keys"

app = group("API keys; needs an operator's key.")

KeyId = Annotated[str, typer.Argument(parser=key_id, metavar="KEY_ID", help="12 hex digits.", show_default=False)]


def list_keys(
    run: Run,
    tenant: Annotated[
        str | None, typer.Option(parser=tenant_id, metavar="TENANT", help="Only keys of this tenant.")
    ] = None,
) -> None:
    """List keys, newest first."""
    found = run.api.get(PATH, {"tenantId": tenant})
    rows = [
        (
            each["id"],
            each["tenantId"],
            each["role"],
            each["name"],
            "yes" if each["test"] else "",
            each["rateLimit"],
            moment(each["createdAt"]),
            moment(each["revokedAt"]),
        )
        for each in found
    ]
    heads = ("id", "tenant", "role", "name", "test", "per minute", "created", "revoked")
    run.out.result(found, lambda: [table(*heads, rows=rows) if rows else "There are no keys."])


def create(
    run: Run,
    tenant: Annotated[str, typer.Option(parser=tenant_id, metavar="TENANT", help="Tenant that the key opens.")],
    name: Annotated[str, typer.Option(help="Purpose of the key.")],
    role: Annotated[Role, typer.Option(help="An operator sees all tenants.")] = Role.TENANT,
    rate_limit: Annotated[int | None, typer.Option(min=1, help="Requests a minute; default: the service's.")] = None,
    test: Annotated[bool, typer.Option("--test", help="Open the tenant's test world, served by simulators.")] = False,
) -> None:
    """Create a key and print its token, once."""
    fields = {"tenantId": tenant, "name": name, "role": role, "rateLimit": rate_limit, "test": test or None}
    body = {field: value for field, value in fields.items() if value is not None}
    _make(run, PATH, body)


def rotate(run: Run, identifier: KeyId) -> None:
    """Create a key like this one and print its token, once; the old key works until it is revoked."""
    _make(run, f"{PATH}/{identifier}/rotate")
    run.out.note(f"When nothing uses the old key any more: wavecom keys revoke {identifier}")


def revoke(run: Run, identifier: KeyId) -> None:
    """Revoke a key; it stops working within 30 s."""
    done = run.api.call("DELETE", f"{PATH}/{identifier}").body
    run.out.result({"id": identifier, "message": done["message"]}, lambda: [clean(done["message"])])


def _make(run: Run, path: str, body: dict[str, Any] | None = None) -> None:
    try:
        key = run.api.call("POST", path, body).data
    except UnreachableError as exc:
        if not exc.not_sent:
            exc.advice = "A key may have been created: wavecom keys list. Nobody knows its token, so revoke it."
        raise
    run.out.note(f"Key {key['id']} of tenant {key['tenantId']}, role {key['role']}. Its token is shown only now.")
    if run.out.as_json:
        run.out.json(key)
    else:
        sys.stdout.write(clean(key["token"]) + "\n")


command(app, "list")(list_keys)
command(app, "create")(create)
command(app, "revoke")(revoke)
command(app, "rotate")(rotate)
