"""``wavecom templates``."""

import difflib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.command import Run, command, group
from cli.errors import RefusedError, UsageError
from cli.output import clean, moment, table
from cli.paging import Pages
from cli.template_files import TemplateFiles, has_markup, parts_of, read_all, write

PATH = "/api/templates"
NOT_FOUND = 404

app = group("Templates of notifications, and templates as files of a repository.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder that holds one folder a template.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show the differences, and change nothing.")]


def list_templates(run: Run) -> None:
    """List the templates."""
    found = list(Pages(run.api, PATH, "templates").items())
    rows = [
        (each["id"], each["channel"], each["published"], each["latest"], _state(each), each["description"] or "")
        for each in found
    ]
    heads = ("id", "channel", "published", "newest", "changed", "description")
    run.out.result({"templates": found}, lambda: [table(*heads, rows=rows) if rows else "There are no templates."])


def push(
    run: Run,
    folder: Folder,
    publish: Annotated[bool, typer.Option("--publish", help="Publish the new versions.")] = False,
    dry_run: DryRun = False,
) -> None:
    """Make a new version of each template whose files differ from its newest version."""
    done = []
    for wanted in read_all(folder):
        known = _stored(run, wanted.id)
        if known is not None and known.channel != wanted.channel:
            raise UsageError(f"{wanted.id} is a template for {known.channel}, and stays one", "Choose another id.")
        if known is not None and known.description != wanted.description:
            run.out.note(f"{wanted.id}: the description of a template stays as it was made.", "yellow")
        if known is not None and known.category != wanted.category:
            raise UsageError(
                f"{wanted.id} is of the category {known.category or 'none'}, and stays there", "Choose another id."
            )
        changes = list(_differences(known, wanted))
        if not changes and publish and not dry_run:
            done += _publish_newest(run, wanted.id)
        elif changes and not dry_run:
            done.append(_push(run, wanted, publish=publish, is_new=known is None))
        elif changes:
            done.append({"id": wanted.id, "changes": changes})
            for line in changes:
                run.out.note(clean(line))
    texts = [_sentence(each) for each in done] or ["All templates are as the files say."]
    run.out.result({"templates": done}, lambda: texts)


def pull(run: Run, folder: Folder, dry_run: DryRun = False) -> None:
    """Write the newest version of each template into files, and delete those of languages that it does not have."""
    done = []
    known = {each.id: each for each in read_all(folder)} if any(folder.glob("*/template.toml")) else {}
    for each in Pages(run.api, PATH, "templates").items():
        stored = None if each["archivedAt"] else _stored(run, each["id"])
        if stored is None or not any(stored.texts.values()):
            continue
        changes = list(_differences(known.get(stored.id), stored))
        if not changes:
            continue
        done.append({"id": stored.id, "changes": changes})
        if dry_run:
            for line in changes:
                run.out.note(clean(line))
        else:
            write(stored, folder)
    texts = [f"{clean(each['id'])}: {'differs' if dry_run else 'written'}" for each in done]
    run.out.result({"templates": done}, lambda: texts or ["All files are as the templates are."])


def _stored(run: Run, template_id: str) -> TemplateFiles | None:
    """Return a template's newest version as files would say it, without languages if it has none, or None."""
    try:
        template = run.api.get(f"{PATH}/{template_id}")
    except RefusedError as exc:
        if exc.status == NOT_FOUND:
            return None
        raise
    version: dict[str, Any] = {"defaultLocale": "", "locales": {}}
    if template["latest"]:
        version = run.api.get(f"{PATH}/{template_id}/versions/{template['latest']}")
    variants = version.get("variants", {})
    return TemplateFiles(
        id=template["id"],
        channel=template["channel"],
        description=template["description"],
        category=template["category"],
        default_locale=version["defaultLocale"],
        texts={name: _texts(each) for name, each in variants.items()} or {"": _texts(version)},
        weights={name: each["weight"] for name, each in variants.items()},
    )


def _texts(version: dict[str, Any]) -> dict[str, dict[str, str]]:
    return {locale: parts_of(source) for locale, source in version["locales"].items()}


def _push(run: Run, wanted: TemplateFiles, *, publish: bool, is_new: bool) -> dict[str, Any]:
    if is_new:
        fields = {
            "id": wanted.id,
            "channel": wanted.channel,
            "description": wanted.description,
            "category": wanted.category,
        }
        run.api.call("POST", PATH, {name: value for name, value in fields.items() if value is not None})
    made = run.api.call("POST", f"{PATH}/{wanted.id}/versions", wanted.version()).data
    if publish:
        run.api.call("POST", f"{PATH}/{wanted.id}/versions/{made['number']}/publish")
    return {"id": wanted.id, "version": made["number"], "published": publish, "variables": made["variables"]}


def _publish_newest(run: Run, template_id: str) -> list[dict[str, Any]]:
    """Publish the newest version unless it is published, and return what was done."""
    template = run.api.get(f"{PATH}/{template_id}")
    if template["published"] == template["latest"]:
        return []
    run.api.call("POST", f"{PATH}/{template_id}/versions/{template['latest']}/publish")
    return [{"id": template_id, "version": template["latest"], "published": True}]


def _differences(before: TemplateFiles | None, after: TemplateFiles) -> Iterator[str]:
    old = list(_comparable(before, after).lines()) if before and any(before.texts.values()) else []
    yield from difflib.unified_diff(old, list(after.lines()), f"{after.id} (before)", after.id, lineterm="", n=1)


def _comparable(stored: TemplateFiles, files: TemplateFiles) -> TemplateFiles:
    """Return what is stored without the texts that WaveCom made of HTML or MJML, where the files leave them out."""
    texts = {
        variant: {
            locale: _without_made_text(parts, files.texts.get(variant, {}).get(locale, {}))
            for locale, parts in locales.items()
        }
        for variant, locales in stored.texts.items()
    }
    return replace(stored, texts=texts)


def _without_made_text(stored: dict[str, str], files: dict[str, str]) -> dict[str, str]:
    if "text" in files or not has_markup(files):
        return stored
    return {part: text for part, text in stored.items() if part != "text"}


def _sentence(done: dict[str, Any]) -> str:
    if "version" not in done:
        return f"{clean(done['id'])}: would get a new version."
    return f"{clean(done['id'])}: version {done['version']}{', published' if done['published'] else ''}."


def _state(template: dict[str, Any]) -> str:
    return "archived" if template["archivedAt"] else moment(template["updatedAt"])


command(app, "list")(list_templates)
command(app, "push")(push)
command(app, "pull")(pull)
