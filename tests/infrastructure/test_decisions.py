"""docs/decisions: every decision has a status and stands in the index, and decisions that change others are linked."""

import re
from collections import defaultdict

import pytest

from local.config import PROJECT

FOLDER = PROJECT / "docs" / "decisions"
DECISIONS = sorted(file.name for file in FOLDER.glob("*.md") if file.name not in ("README.md", "template.md"))
LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")
CHANGE = r"{verb} by \[[^\]]+\]\([^)]+\)(?: \([^()]+\))?"
"""A later decision, and what it changed."""
STATUSES = {
    "accepted": r"accepted",
    "amended": rf"{CHANGE.format(verb='amended')}(?:; {CHANGE.format(verb='amended')})*",
    "superseded": CHANGE.format(verb="superseded"),
}

each_decision = pytest.mark.parametrize("name", DECISIONS)


def title(name: str) -> str:
    return (FOLDER / name).read_text().splitlines()[0].removeprefix("# ")


def status_line(name: str) -> str:
    return (FOLDER / name).read_text().splitlines()[2].removeprefix("**Status.** ")


def status(name: str) -> str:
    """Return the one of `STATUSES` that a decision has."""
    (found,) = [word for word, pattern in STATUSES.items() if re.fullmatch(pattern, status_line(name))]
    return found


def changes(name: str) -> set[str]:
    """Return the earlier decisions that a decision says it amends or supersedes."""
    lines = re.findall(r"^\*\*(?:Amends|Supersedes)\.\*\* (.+)$", (FOLDER / name).read_text(), re.M)
    return {target for line in lines for _, target in LINK.findall(line)}


def indexed() -> list[tuple[str, str, str, str]]:
    """Return the rows of the index: date, title, file and status."""
    row = re.compile(r"^\| (\d{4}-\d\d-\d\d) \| \[([^\]]+)\]\(([^)]+)\) \| (\w+) \|$", re.M)
    return row.findall((FOLDER / "README.md").read_text())


@each_decision
def test_a_decision_has_a_title_and_below_it_a_status(name: str) -> None:
    first, second, third, *_ = (FOLDER / name).read_text().splitlines()

    assert re.fullmatch(r"# \S.*", first)
    assert second == ""
    assert third.startswith("**Status.** ")
    assert any(re.fullmatch(pattern, status_line(name)) for pattern in STATUSES.values()), status_line(name)


@each_decision
def test_a_decision_stands_in_the_index_once_with_its_date_title_and_status(name: str) -> None:
    assert [row for row in indexed() if row[2] == name] == [(name[:10], title(name), name, status(name))]


def test_the_index_lists_decisions_only() -> None:
    assert sorted(file for _, _, file, _ in indexed()) == DECISIONS


@each_decision
def test_links_between_decisions_name_the_title(name: str) -> None:
    linked = [(text, target) for text, target in LINK.findall(status_line(name)) if target in DECISIONS]

    assert all(text == title(target) for text, target in linked)


def test_decisions_that_change_others_are_linked_both_ways() -> None:
    changed_by: defaultdict[str, set[str]] = defaultdict(set)
    for later in DECISIONS:
        for earlier in changes(later):
            changed_by[earlier].add(later)

    said = {name: {target for _, target in LINK.findall(status_line(name))} for name in DECISIONS}

    assert {name: later for name, later in said.items() if later} == changed_by


def test_a_new_decision_made_from_the_template_has_a_status() -> None:
    assert (FOLDER / "template.md").read_text().splitlines()[2] == "**Status.** accepted"
