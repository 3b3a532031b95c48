"""Templates as files of a repository: a folder each, with ``template.toml`` and one text a language.

::

    templates/payment-received/template.toml   channel = "EMAIL", description, category, defaultLocale = "en"
    templates/payment-received/en.txt          the text, below a subject between two lines of dashes; of a push
                                               message also link, image, sound, badge, collapseKey, data.account
    templates/payment-received/en.html         the HTML beside it, or en.mjml, if it has any

A version that compares several texts has a table ``[variants]`` with their weights in ``template.toml``, and the texts
of each in a folder of its name.
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
_VARIANT: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,19}")
"""The API's own patterns: what a server calls a template, a language or a variant becomes the name of a file."""
_MARKUP: Final = ("html", "mjml")
"""Parts that are files by themselves, named by their ending. Where there is no text, WaveCom makes it of them."""
_FRONT: Final = ("subject", "link", "image", "sound", "badge", "collapseKey")
"""Parts that stand before a text, one a line, beside those of ``data``, such as ``data.account``."""
_DATA: Final = re.compile(r"data\.([A-Za-z0-9_-]{1,64})")
_FIELDS: Final = frozenset({"channel", "description", "category", "defaultLocale", "variants"})

Locales = dict[str, dict[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateFiles:
    """A template as its files say.

    ``texts`` has the parts (subject, text, html, mjml, link, data.account) by variant and language; without variants,
    its only name is "".
    ``weights`` are those of the variants.
    """

    id: str
    channel: str
    description: str | None
    category: str | None
    default_locale: str
    texts: dict[str, Locales]
    weights: dict[str, int]

    def lines(self) -> Iterator[str]:
        """Yield all its lines, each below its language and part, to compare with another."""
        yield f"defaultLocale: {self.default_locale}"
        for variant, locales in sorted(self.texts.items()):
            if variant:
                yield f"variants.{variant}: {self.weights[variant]}"
            prefix = f"{variant}/" if variant else ""
            for locale, parts in sorted(locales.items()):
                for part in (*_front(parts), *(each for each in ("text", *_MARKUP) if each in parts)):
                    yield from (f"{prefix}{locale}.{part}: {line}" for line in parts[part].split("\n"))

    def version(self) -> dict[str, Any]:
        """Return the body that makes a version of it."""
        if not self.weights:
            return {"defaultLocale": self.default_locale, "locales": _as_sent(self.texts[""])}
        variants = {
            name: {"weight": self.weights[name], "locales": _as_sent(each)} for name, each in self.texts.items()
        }
        return {"defaultLocale": self.default_locale, "variants": variants}


def read_all(folder: Path) -> list[TemplateFiles]:
    """Return the templates below a folder, by id. Raises `UsageError` that names the file and what is wrong with it."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder")
    found = sorted(path.parent for path in folder.glob(f"*/{SETTINGS}"))
    if not found:
        raise UsageError(f"{folder} has no templates", f"Each is a folder with a {SETTINGS}; `pull` writes them.")
    return [_read(each) for each in found]


def parts_of(source: Mapping[str, Any]) -> dict[str, str]:
    """Return the parts of a source as the API shows it; those of ``data`` are named such as ``data.account``."""
    data = {f"data.{name}": text for name, text in source.get("data", {}).items()}
    return {**{name: text for name, text in source.items() if name != "data"}, **data}


def _as_sent(locales: Locales) -> dict[str, dict[str, Any]]:
    """Return the sources of languages as the API takes them."""
    sent = {}
    for locale, parts in locales.items():
        data = {found[1]: text for name, text in parts.items() if (found := _DATA.fullmatch(name))}
        others = {name: text for name, text in parts.items() if not _DATA.fullmatch(name)}
        sent[locale] = {**others, **({"data": data} if data else {})}
    return sent


def _front(parts: Mapping[str, str]) -> list[str]:
    """Return the names of the parts that stand before the text, in their order."""
    return [*(each for each in _FRONT if each in parts), *sorted(each for each in parts if _DATA.fullmatch(each))]


def has_markup(parts: Mapping[str, str]) -> bool:
    """Return whether a text can be made of these parts."""
    return any(part in parts for part in _MARKUP)


def write(template: TemplateFiles, folder: Path) -> None:
    """Write a template's folder, and delete the files of variants, languages and parts that it does not have.

    Raises ValueError if its id, a variant or a language is none, and so no name of a file.
    """
    variants = [each for each in template.texts if each]
    languages = {locale for locales in template.texts.values() for locale in locales}
    names = [(_ID, template.id), *((_VARIANT, each) for each in variants), *((_LOCALE, each) for each in languages)]
    if not all(pattern.fullmatch(name) for pattern, name in names):
        raise ValueError(f"no id, variant or language of a template: {template.id!r}")
    place = folder / template.id
    place.mkdir(parents=True, exist_ok=True)
    settings = {"channel": template.channel, "defaultLocale": template.default_locale}
    if template.description:
        settings["description"] = template.description
    if template.category:
        settings["category"] = template.category
    lines = [f"{name} = {json.dumps(value, ensure_ascii=False)}\n" for name, value in settings.items()]
    if template.weights:
        lines += ["\n[variants]\n", *(f"{name} = {weight}\n" for name, weight in sorted(template.weights.items()))]
    _write(place / SETTINGS, "".join(lines))
    for below in _variant_folders(place):
        if below.name not in template.texts:
            _write_locales(below, {})
            if not any(below.iterdir()):
                below.rmdir()
    for variant in variants:
        (place / variant).mkdir(exist_ok=True)
        _write_locales(place / variant, template.texts[variant])
    _write_locales(place, template.texts.get("", {}))


def _write_locales(place: Path, locales: Locales) -> None:
    """Write the files of languages, and delete those of others."""
    wanted: set[str] = set()
    for locale, parts in locales.items():
        text = parts.get("text", "")
        before = "".join(f"{name}: {parts[name]}\n" for name in _front(parts))
        front = f"{_FENCE}\n{before}{_FENCE}\n" if before or text.startswith(_FENCE) else ""
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
    weights: dict[str, int] = settings.get("variants", {})
    return TemplateFiles(
        id=place.name,
        channel=settings["channel"],
        description=settings.get("description"),
        category=settings.get("category"),
        default_locale=settings["defaultLocale"],
        texts={name: _read_locales(place / name) for name in weights or ("",)},
        weights=weights,
    )


def _read_locales(place: Path) -> Locales:
    locales: Locales = {}
    for path in _texts(place):
        if not _LOCALE.fullmatch(path.stem):
            raise UsageError(f"{path} must be named by a language, such as en.txt or de-CH.html")
        parts = locales.setdefault(path.stem, {})
        text = _text(path).removesuffix("\n")
        if (part := path.suffix.removeprefix(".")) in _MARKUP:
            parts[part] = text
        else:
            parts |= _with_front(path, text)
    for parts in locales.values():
        if has_markup(parts) and not parts.get("text"):
            parts.pop("text", None)
    if not locales:
        raise UsageError(f"{place} has no texts", "Each language is a file such as en.txt.")
    return locales


def _variant_folders(place: Path) -> list[Path]:
    """Return the folders that may be those of variants."""
    return sorted(path for path in place.iterdir() if path.is_dir() and _VARIANT.fullmatch(path.name))


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
    weights = settings.get("variants", {})
    if not isinstance(weights, dict) or not all(_VARIANT.fullmatch(each) for each in weights):
        raise UsageError(f"{path} must have [variants] by name, for example short = 1")
    if unknown := settings.keys() - _FIELDS:
        raise UsageError(f"{path} has {', '.join(sorted(unknown))}, which a template does not have")
    return settings


def _with_front(path: Path, text: str) -> dict[str, str]:
    """Return the parts of a text file: its text, and those that stand before it between two fences, if any."""
    first, *rest = text.split("\n")
    if first != _FENCE:
        return {"text": text}
    parts: dict[str, str] = {}
    for number, line in enumerate(rest):
        if line == _FENCE:
            return {**parts, "text": "\n".join(rest[number + 1 :])}
        name, colon, value = line.partition(":")
        if not colon or not (name in _FRONT or _DATA.fullmatch(name)) or name in parts:
            break
        parts[name] = value.strip()
    names = ", ".join((*_FRONT, "data.…"))
    raise UsageError(f"{path} must begin with {_FENCE}, then lines such as subject: … ({names}), then {_FENCE}")


def _text(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise UsageError(f"{path} cannot be read as UTF-8") from exc


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
