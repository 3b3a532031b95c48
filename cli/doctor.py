"""``wavecom doctor``: checks of the connection and the service, with advice."""

from collections.abc import Iterator

import typer

from cli.command import Run, command
from cli.errors import BAD_NEWS, UnreachableError
from cli.examine_connection import clock, encryption, key, key_file, key_rights
from cli.examine_senders import sender_domains
from cli.examine_service import breakers, dead_letters, degradation, dependencies, ledger, queues
from cli.findings import Finding, Verdict, failed, ok
from cli.output import duration


def add_commands(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    command(app, "doctor")(doctor)


def doctor(run: Run) -> None:
    """Check the connection and the service, and give advice; exit code 1 if a check failed."""
    findings: list[Finding] = []
    for finding in _examine(run):
        findings.append(finding)
        if not run.out.as_json:
            for line in finding.lines():
                run.out.print(line)
    bad = any(each.verdict is Verdict.FAILED for each in findings)
    if run.out.as_json:
        run.out.json({"ok": not bad, "url": run.api.url, "checks": [each.document() for each in findings]})
    if bad:
        raise typer.Exit(BAD_NEWS)


def _examine(run: Run) -> Iterator[Finding]:
    """Yield all findings, from the outside in; checks that have become impossible are left out."""
    api = run.api
    try:
        health = api.once("GET", "/api/health", with_key=False)
        if not (isinstance(health.body, dict) and "services" in health.body):
            advice = "Check --url or WAVECOM_URL; the address ends before /api."
            yield failed(
                "address",
                f"The server at {api.url} is not WaveCom's API (it answers with status {health.status})",
                advice,
            )
            return
        yield ok("address", f"{api.url} answers in {duration(health.seconds)}")
        yield encryption(api, health)
        yield from key_file(run.key_file)
        yield from dependencies(health)
        yield clock(health)
        if api.exposes_key:
            return
        role = key_rights(api)
        yield key(api, role)
        if not role.admitted:
            return
        yield degradation(api)
        yield queues(api)
        yield dead_letters(api)
        if role.is_operator:
            yield from breakers(api)
        yield from sender_domains(api)
        yield ledger(api, all_tenants=role.is_operator)
    except UnreachableError as exc:
        yield failed("address", str(exc), exc.advice)
