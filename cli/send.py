"""``wavecom send``."""

import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.attachments import upload
from cli.command import Run, command
from cli.errors import BAD_NEWS, UnreachableError, UsageError
from cli.follow import follow
from cli.output import clean
from cli.values import (
    FINISHED,
    GOOD_ENDS,
    Channel,
    OnUnknown,
    Priority,
    attachment_id,
    category_id,
    future,
    idempotency_key,
    json_object,
    sender_id,
)


def add_commands(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "send")(send)


def send(
    run: Run,
    channel: Annotated[Channel, typer.Option("--type", case_sensitive=False, help="Channel.")],
    to: Annotated[str, typer.Option(help="Email address, phone number with country code, or device token.")],
    sender: Annotated[
        str | None, typer.Option(parser=sender_id, metavar="ID", help="One of your senders; default: the channel's.")
    ] = None,
    category: Annotated[
        str | None, typer.Option(parser=category_id, metavar="ID", help="One of your categories.")
    ] = None,
    message: Annotated[str | None, typer.Option(help="The text; - reads it from stdin.")] = None,
    template: Annotated[
        str | None, typer.Option(metavar="ID[@VERSION]", help="The template that makes subject and text.")
    ] = None,
    variables: Annotated[
        dict[str, Any] | None, typer.Option(parser=json_object, metavar="JSON", help="Of the template, an object.")
    ] = None,
    locale: Annotated[str | None, typer.Option(help="Language of the template, for example de-CH.")] = None,
    subject: Annotated[str | None, typer.Option(help="Required for EMAIL.")] = None,
    html: Annotated[Path | None, typer.Option(dir_okay=False, help="A file with the HTML of an EMAIL.")] = None,
    attach: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, metavar="FILE", help="A file of an EMAIL; may be repeated."),
    ] = None,
    attachment: Annotated[
        list[str] | None,
        typer.Option(parser=attachment_id, metavar="ID", help="A file that was put before; may be repeated."),
    ] = None,
    push: Annotated[
        dict[str, Any] | None,
        typer.Option(
            parser=json_object, metavar="JSON", help="Of a PUSH: data, link, sound, badge, image, collapseKey."
        ),
    ] = None,
    priority: Annotated[Priority | None, typer.Option(case_sensitive=False, help="Default: MEDIUM.")] = None,
    metadata: Annotated[
        dict[str, Any] | None, typer.Option(parser=json_object, metavar="JSON", help="Your own data, an object.")
    ] = None,
    schedule: Annotated[
        str | None, typer.Option(parser=future, metavar="WHEN", help="Send not before: 2026-01-31T09:30:00Z, or 10m.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(parser=future, metavar="WHEN", help="Send not after: 2026-01-31T09:30:00Z, or 2h.")
    ] = None,
    max_retries: Annotated[
        int | None, typer.Option(min=0, max=3, help="Retries after the first attempt; default: 3.")
    ] = None,
    on_unknown: Annotated[
        OnUnknown | None, typer.Option(help="If it may have been sent: resend (rather twice) or hold (rather never).")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--idempotency-key",
            parser=idempotency_key,
            metavar="KEY",
            help="A repeated key sends nothing again; default: a new one.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it until it is finished; FAILED exits with 1.")] = False,
    wait_seconds: Annotated[float, typer.Option(min=0, help="Time limit of --wait in seconds.")] = 300,
    interval: Annotated[float, typer.Option(min=0.1, help="Seconds between polls of --wait.")] = 1,
) -> None:
    """Send a notification, from a text or from a template."""
    if (message is None) is (template is None):
        raise UsageError("Send needs either a --message or a --template")
    uploaded = _uploaded(run, attach or [])
    attachments = [*(attachment or []), *uploaded]
    fields = {
        "type": channel,
        "recipient": to,
        "sender": sender,
        "category": category,
        "subject": subject,
        "message": sys.stdin.read().removesuffix("\n") if message == "-" else message,
        "template": _template(template) if template else None,
        "variables": variables,
        "locale": locale,
        "html": _read(html) if html else None,
        "attachments": attachments or None,
        "push": push,
        "priority": priority,
        "metadata": metadata,
        "scheduledAt": schedule,
        "expiresAt": expires,
        "maxRetries": max_retries,
        "onUnknown": on_unknown,
    }
    created = _create(run, {name: value for name, value in fields.items() if value is not None}, key, uploaded)
    if not wait:
        run.out.result(created, lambda: [f"{clean(created['status'])} {clean(created['_id'])}"])
        return
    run.out.note(f"Accepted as {created['_id']}.")
    ended = follow(run, created["_id"], every=interval, at_most=wait_seconds)["notification"]
    if run.out.as_json:
        run.out.json(ended)
    if ended["status"] not in FINISHED:
        run.out.note(
            f"Still {ended['status']} after {wait_seconds:g} s: wavecom status {ended['_id']} --follow", "yellow"
        )
    if ended["status"] not in GOOD_ENDS:
        raise typer.Exit(BAD_NEWS)


def _uploaded(run: Run, files: Sequence[Path]) -> list[str]:
    """Put files and return their ids."""
    ids = []
    for file in files:
        stored = upload(run, file)
        run.out.note(f"{clean(stored['filename'])} is stored as {stored['id']}.")
        ids.append(stored["id"])
    return ids


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"--html needs a file with text in UTF-8: {file}: {exc}") from exc


def _template(text: str) -> dict[str, Any]:
    """Return the template of an option like ``paid`` or ``paid@3``."""
    template_id, at, version = text.partition("@")
    if at and not (version.isascii() and version.isdigit()):
        raise UsageError("--template must be an id, or an id and a version like payment-received@3")
    return {"id": template_id, **({"version": int(version)} if at else {})}


def _create(run: Run, fields: dict[str, Any], key: str | None, uploaded: Sequence[str]) -> dict[str, Any]:
    sent_key = key or str(uuid.uuid4())
    try:
        answer = run.api.call("POST", "/api/notifications", fields, idempotency_key=sent_key)
    except UnreachableError as exc:
        if not exc.not_sent:
            exc.so_far = {"idempotencyKey": sent_key}
            put = " ".join(f"--attachment {each}" for each in uploaded)
            instead = f", and {put} in place of --attach," if put else ""
            exc.advice = (
                f"It may have been accepted. The same again with --idempotency-key {sent_key}{instead} "
                "sends it only once."
            )
        raise
    if key and answer.headers.get("Idempotency-Replayed"):
        run.out.note("This key was used before; this is the answer of that call.", "yellow")
    created: dict[str, Any] = answer.data
    for warning in answer.body.get("warnings", []):
        run.out.note(clean(warning), "yellow")
    return created
