"""What docs/providers.md says of refusals is what the code does."""

from local import refusal_tables


def test_page_shows_the_tables_of_the_code() -> None:
    shown = refusal_tables.PAGE.read_text().partition(refusal_tables.BEGIN)[2].partition(refusal_tables.END)[0]

    assert shown.strip() == refusal_tables.tables().strip(), "docs/providers.md is stale: run make refusals"


def test_every_row_of_every_table_says_why() -> None:
    for name, rules in refusal_tables.TABLES.items():
        assert all(rule.why.strip() for rule in rules), name
