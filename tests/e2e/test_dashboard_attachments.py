"""Files attached on the create page: into the local server's database, and into a bucket of another origin."""

import re
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect
from pymongo import MongoClient

from tests.builders import PDF
from tests.e2e.browser import Tab, tab
from tests.e2e.stacks import RunningStack, running_stack

STATEMENT: FilePayload = {"name": "statement.pdf", "mimeType": "application/pdf", "buffer": PDF}


@pytest.fixture(scope="module")
def bucket(ministack_url: str) -> Any:
    """An empty bucket, as boto3 has it."""
    s3 = boto3.resource(
        "s3",
        endpoint_url=ministack_url,
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )
    return s3.create_bucket(Bucket="files-of-the-page")


@pytest.fixture(scope="module")
def stack_with_bucket(
    tmp_path_factory: pytest.TempPathFactory, ministack_url: str, bucket: Any
) -> Iterator[RunningStack]:
    """A stack whose attachments are in a bucket."""
    environment = {
        "AWS_ENDPOINT_URL": ministack_url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "SQS_QUEUE_PREFIX": "attached-",
        "ATTACHMENTS_BUCKET": bucket.name,
    }
    with running_stack(tmp_path_factory.mktemp("bucket"), "sqs", **environment) as stack:
        yield stack


def send_with(page: Page, file: FilePayload) -> str:
    """Create an email with a file and return its id once it is seen sent."""
    page.get_by_label("Email address", exact=True).fill("attached@example.com")
    page.get_by_label("Subject").fill("Your statement")
    page.get_by_label("Message").fill("It is attached.")
    page.get_by_label("Attachments (optional)").set_input_files(file)
    page.get_by_text("1 of 1 file uploaded").wait_for(state="attached")
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url(re.compile("/status/[0-9a-f]{24}$"))
    expect(page.locator("main h1 + div").get_by_text("Sent", exact=True)).to_be_visible()
    expect(page.get_by_text(file["name"])).to_be_visible()
    return page.url.rpartition("/")[2]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_file_goes_to_the_local_server_by_whichever_name_the_page_was_opened(
    dashboard: Tab, dashboard_stack: RunningStack, host: str
) -> None:
    dashboard.base = f"http://{host}:{dashboard_stack.config.port}"

    created = send_with(dashboard.open("/create"), STATEMENT)

    (attached,) = dashboard_stack.get(created)["notification"]["attachments"]
    assert (attached["filename"], attached["size"]) == ("statement.pdf", len(PDF))
    with MongoClient[dict[str, Any]](f"mongodb://127.0.0.1:{dashboard_stack.config.mongodb_port}/") as mongo:
        stored = mongo.wavecom.attachmentfiles.find_one({"_id": attached["id"]})
    assert stored is not None
    assert stored["octets"] == PDF


def test_a_file_goes_into_a_bucket_of_another_origin(
    browser: Browser, stack_with_bucket: RunningStack, bucket: Any
) -> None:
    with tab(browser, stack_with_bucket.config.url) as opened:
        created = send_with(opened.open("/create"), STATEMENT)

    (attached,) = stack_with_bucket.get(created)["notification"]["attachments"]
    (stored,) = bucket.objects.all()
    assert stored.key.endswith(f"/{attached['id']}")
    assert stored.get()["Body"].read() == PDF


def test_a_file_that_the_api_refuses_says_why_and_can_be_removed(dashboard: Tab) -> None:
    page = dashboard.open("/create")
    files = page.get_by_label("Attachments (optional)")

    files.set_input_files({"name": "tool.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"})

    expect(page.get_by_text("Its type must be one of application/pdf")).to_be_visible()
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_disabled()
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Remove tool.exe").press("Enter")
    expect(files).to_be_focused()
    expect(page.get_by_role("button", name="Create", exact=True)).to_be_enabled()
