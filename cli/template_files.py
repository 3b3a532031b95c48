"""Templates as files of a repository: a folder each, with ``template.toml`` and one text a language.

::

    templates/payment-received/template.toml   channel = "EMAIL", description, category, defaultLocale = "en"
    templates/payment-received/en.txt          the text, below a subject between two lines of dashes
    templates/payment-received/en.html         the HTML beside it, or en.mjml, if it has any
"""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cli.errors import UsageError

SETTINGS: Final = "template.toml"
_FENCE: Final = "---"
_ID: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")
_LOCALE: Final = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
"""The API's own patterns: what a server calls a template or a language becomes the name of a file."""
_MARKUP: Final = ("html", "mjml")
"""Parts that are files by themselves, named by their ending. Where there is no text, WaveCom makes it of them."""
_FIELDS: Final = frozenset({"channel", "description", "category", "defaultLocale"})

Locales = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFiles:
    """A template as its files say. ``locales`` has the parts (subject, text, html, mjml) by language."""

    id: str
    channel: str
    description: str | None
    category: str | None
    default_locale: str
    locales: Locales

    def lines(self) -> Iterator[str]:
        """Yield all its lines, each below its language and part, to compare with another."""
        yield f"defaultLocale: {self.default_locale}"
        for locale in sorted(self.locales):
            for part in ("subject", "text", *_MARKUP):
                if part in self.locales[locale]:
                    yield from (f"{locale}.{part}: {line}" for line in self.locales[locale][part].split("\n"))


def read_all(folder: Path) -> list[TemplateFiles]:
    """Return the templates below a folder, by id. Raises `UsageError` that names the file and what is wrong with it."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    found = sorted(path.parent for path in folder.glob(f"*/{SETTINGS}"))
    if not found:
        raise UsageError(f"{folder} has no templates", f"Each is a folder with a {SETTINGS}; `pull` writes them.")
    return [_read(each) for each in found]


def has_markup(parts: Mapping[str, str]) -> bool:
    """Return whether a text can be made of these parts."""
    return any(part in parts for part in _MARKUP)


def write(template: TemplateFiles, folder: Path) -> None:
    """Write a template's folder, and delete the files of languages and parts that it does not have.

    Raises ValueError if its id or a language is none, and so no name of a file.
    """
    if not _ID.fullmatch(template.id) or not all(_LOCALE.fullmatch(each) for each in template.locales):
        raise ValueError(f"no id or language of a template: {template.id!r}")
    place = folder / template.id
    place.mkdir(parents=True, exist_ok=True)
    settings = {"channel": template.channel, "defaultLocale": template.default_locale}
    if template.description:
        settings["description"] = template.description
    if template.category:
        settings["category"] = template.category
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()]
    _write(place / SETTINGS, "".join(lines))
    wanted = {SETTINGS}
    for locale, parts in template.locales.items():
        text = parts.get("text", "")
        subject = f"subject: {parts['subject']}\n" if "subject" in parts else ""
        front = f"{_FENCE}\n{subject}{_FENCE}\n" if subject or text.startswith(_FENCE) else ""
        files = {f"{locale}.txt": front + text}
        files |= {f"{locale}.{part}": parts[part] for part in _MARKUP if part in parts}
        for name, text in files.items():
            _write(place / name, f"{text}\n")
        wanted |= files.keys()
    for path in _texts(place):
        if path.name not in wanted and _LOCALE.fullmatch(path.stem):
            path.unlink()


def _read(place: Path) -> TemplateFiles:
    settings = _settings(place / SETTINGS)
    locales: Locales = {}
    for path in _texts(place):
        if not _LOCALE.fullmatch(path.stem):
            raise UsageError(f"{path} must be named by a language, such as en.txt or de-CH.html")
        parts = locales.setdefault(path.stem, {})
        text = _text(path).removesuffix("\n")
        if (part := path.suffix.removeprefix(".")) in _MARKUP:
            parts[part] = text
        else:
            parts |= _with_subject(path, text)
    for parts in locales.values():
        if has_markup(parts) and not parts.get("text"):
            parts.pop("text", None)
    if not locales:
        raise UsageError(f"{place} has no texts", "Each language is a file such as en.txt.")
    return TemplateFiles(
        id=place.name,
        channel=settings["channel"],
        description=settings.get("description"),
        category=settings.get("category"),
        default_locale=settings["defaultLocale"],
        locales=locales,
    )


def _texts(place: Path) -> list[Path]:
    """Return the files of a template's languages, by name."""
    return sorted(path for ending in ("txt", *_MARKUP) for path in place.glob(f"*.{ending}"))


def _settings(path: Path) -> dict[str, Any]:
    try:
        settings = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as exc:
        raise UsageError(f"{path} is not valid: {exc}") from exc
    for name in ("channel", "defaultLocale"):
        if not isinstance(settings.get(name), str):
            raise UsageError(f'{path} must have a {name}, for example {name} = "en"')
    if unknown := settings.keys() - _FIELDS:
        raise UsageError(f"{path} has {', '.join(sorted(unknown))}, which a template does not have")
    return settings


def _with_subject(path: Path, text: str) -> dict[str, str]:
    """Return the parts of a text file: its text, and the subject if it begins with one between two fences."""
    first, *rest = text.split("\n")
    if first != _FENCE:
        return {"text": text}
    if rest[:1] == [_FENCE]:
        return {"text": "\n".join(rest[1:])}
    name, colon, subject = rest[0].partition(":") if rest else ("", "", "")
    if name != "subject" or not colon or rest[1:2] != [_FENCE]:
        raise UsageError(f"{path} must begin with {_FENCE}, subject: …, {_FENCE}, each on its line")
    return {"subject": subject.strip(), "text": "\n".join(rest[2:])}


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path} cannot be read as UTF-8") from exc


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
