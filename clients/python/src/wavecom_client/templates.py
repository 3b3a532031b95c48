"""Templates and their versions.

No call here takes an idempotency key, so those that change something are not repeated once they may have arrived.
"""

from typing import Final

from wavecom_client.core import Core
from wavecom_client.pages import Listing
from wavecom_client.types import (
    CreateTemplate,
    CreateVersion,
    Notification,
    PreviewTemplate,
    SendTest,
    Template,
    TemplatePreview,
    TemplateVersion,
    TemplateVersionSummary,
    VariantResults,
)
from wavecom_client.wire import Call, segment

PATH: Final = "/api/templates"


def list_templates(core: Core, *, page_size: int = 100) -> Listing[Template]:
    """List templates, archived ones too, in the order of their ids."""
    return Listing(core, PATH, "templates", {"limit": page_size})


def create_template(core: Core, template: CreateTemplate) -> Call[Template]:
    """Make a template, whose id is yours to choose. It is used once a version of it is published.

    Raises `InvalidRequestError`, and `ConflictError` if the id is taken: perhaps by this call, if it was made before
    and had no answer.
    """
    return core.data("POST", PATH, body=template)


def get_template(core: Core, template_id: str) -> Call[Template]:
    """Get a template. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", _path(template_id))


def archive_template(core: Core, template_id: str) -> Call[Template]:
    """Make nothing from a template any more; its versions can still be read, and its id stays taken.

    Raises `NotFoundError`, and `ConflictError` if somebody else changed it at the same time.
    """
    return core.data("DELETE", _path(template_id))


def rollback_template(core: Core, template_id: str) -> Call[Template]:
    """Publish the version that was published before. Raises `NotFoundError`, and `ConflictError` if there is none."""
    return core.data("POST", f"{_path(template_id)}/rollback")


def preview_template(core: Core, template_id: str, preview: PreviewTemplate) -> Call[TemplatePreview]:
    """Show what a version, or a source that is not stored, would send. Raises `InvalidRequestError`, for example."""
    return core.data("POST", f"{_path(template_id)}/preview", body=preview, repeatable=True)


def test_template(core: Core, template_id: str, test: SendTest) -> Call[Notification]:
    """Send a version of a template to yourself. Raises `InvalidRequestError`, for example."""
    return core.data("POST", f"{_path(template_id)}/test-send", body=test)


def list_versions(core: Core, template_id: str, *, page_size: int = 100) -> Listing[TemplateVersionSummary]:
    """List a template's versions, the newest first, without their sources."""
    return Listing(core, f"{_path(template_id)}/versions", "versions", {"limit": page_size})


def create_version(core: Core, template_id: str, version: CreateVersion) -> Call[TemplateVersion]:
    """Make the next version of a template. Nothing uses it before it is published, but what names its number.

    Raises `InvalidRequestError`, whose details name the language, the part and the line, `NotFoundError`, and
    `ConflictError` if the template is archived.
    """
    return core.data("POST", f"{_path(template_id)}/versions", body=version)


def get_version(core: Core, template_id: str, number: int) -> Call[TemplateVersion]:
    """Get a version with its source in every language. Raises `NotFoundError` and other kinds of `WaveComError`."""
    return core.data("GET", _version(template_id, number))


def publish_version(core: Core, template_id: str, number: int) -> Call[Template]:
    """Use a version where none is named, within 5 seconds. Raises `NotFoundError`, and `ConflictError` if archived."""
    return core.data("POST", f"{_version(template_id, number)}/publish")


def get_results(core: Core, template_id: str, number: int) -> Call[list[VariantResults]]:
    """Get what became of the notifications of each variant of a version; one without variants has no results.

    Raises `NotFoundError` and other kinds of `WaveComError`.
    """
    return core.data("GET", f"{_version(template_id, number)}/results")


def _path(template_id: str) -> str:
    return f"{PATH}/{segment(template_id)}"


def _version(template_id: str, number: int) -> str:
    return f"{_path(template_id)}/versions/{segment(str(number))}"
