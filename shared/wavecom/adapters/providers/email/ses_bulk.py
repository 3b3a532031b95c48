"""The limits of SendBulkEmail of Amazon SES, and the templates that it is given."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_sesv2.type_defs import BulkEmailEntryTypeDef, TemplateTypeDef

BULK_LIMIT: Final = 50
"""Messages in one SendBulkEmail (Amazon SES developer guide, "Using templates to send personalized email ...")."""
BULK_ENTRIES_MAX_BYTES: Final = 950_000
"""The most bytes of the messages of one SendBulkEmail as JSON, with room for the shared parts: a request with an inline
template "can be up to 1 MB in size" (same page)."""
BULK_DATA_MAX: Final = 262_144
"""The most characters of one message of SendBulkEmail as JSON (API v2 reference, "ReplacementTemplate")."""
TEMPLATE: Final["TemplateTypeDef"] = {
    "TemplateContent": {"Subject": "{{subject}}", "Text": "{{text}}"},
    "TemplateData": "{}",
}
TEMPLATE_WITH_HTML: Final["TemplateTypeDef"] = {
    "TemplateContent": {"Subject": "{{subject}}", "Text": "{{text}}", "Html": "{{html}}"},
    "TemplateData": "{}",
}
"""Templates of nothing but the message. SES takes "only simple substitutions" in an inline template (API reference,
"Template"), answers anything else with a BadRequestException, and "doesn't escape HTML content when rendering"
(developer guide, "Advanced email personalization"), so the form with three braces is neither needed nor documented.
Values are not searched for variables. Without a default a missing value fails instead of sending an empty message."""


def parts(
    entries: Sequence[tuple[int, "BulkEmailEntryTypeDef"]],
) -> Iterator[list[tuple[int, "BulkEmailEntryTypeDef"]]]:
    """Split entries into parts that fit one call, by number and by size; one that is too long for any stands alone."""
    part: list[tuple[int, BulkEmailEntryTypeDef]] = []
    size = 0
    for index, entry in entries:
        if len(_data_of(entry)) > BULK_DATA_MAX:
            yield [(index, entry)]
            continue
        added = len(json.dumps(entry)) + 2
        if part and (len(part) == BULK_LIMIT or size + added > BULK_ENTRIES_MAX_BYTES):
            yield part
            part, size = [], 0
        part.append((index, entry))
        size += added
    if part:
        yield part


def _data_of(entry: "BulkEmailEntryTypeDef") -> str:
    return entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"]
