"""Amazon SES's API v2, as far as single, raw and bulk sends go. It renders templates as SES documents it.

Made from: Amazon SES API v2 reference, "SendEmail", "SendBulkEmail", "Template" and "BulkEmailEntryResult"; Amazon SES
developer guide, "Using templates to send personalized email with the Amazon SES API".
"""

import base64
import json
import re
from typing import Any

from tests.standins.http_service import HttpService, Reply, Request, json_reply

BULK = "/v2/email/outbound-bulk-emails"
SINGLE = "/v2/email/outbound-emails"
VARIABLE = re.compile(r"\{\{([A-Za-z0-9]+)\}\}")
MEGABYTE = 1_000_000


class SesService(HttpService):
    """Takes SendBulkEmail and SendEmail and keeps what it would send; ``results`` go before, by the recipient."""

    def __init__(self) -> None:
        self.results: dict[str, dict[str, str]] = {}
        self.sent: dict[str, tuple[str, str]] = {}
        self.html: dict[str, str] = {}
        self.headers: dict[str, dict[str, str]] = {}
        self.mails: list[bytes] = []
        super().__init__()

    def answer(self, request: Request) -> Reply:
        if request.path == SINGLE:
            (recipient,) = request.json["Destination"]["ToAddresses"]
            if "Raw" in request.json["Content"]:
                self.mails.append(base64.b64decode(request.json["Content"]["Raw"]["Data"], validate=True))
                return json_reply(200, {"MessageId": f"raw-{recipient}"})
            content = request.json["Content"]["Simple"]
            self.sent[recipient] = (content["Subject"]["Data"], content["Body"]["Text"]["Data"])
            self.headers[recipient] = _read(content.get("Headers", []))
            if "Html" in content["Body"]:
                self.html[recipient] = content["Body"]["Html"]["Data"]
            return json_reply(200, {"MessageId": f"single-{recipient}"})
        template = request.json["DefaultContent"]["Template"]["TemplateContent"]
        if any("{{" in VARIABLE.sub("", part) for part in template.values()):
            return refusal(400, "BadRequestException", "Template contains unsupported operations.")
        entries = request.json["BulkEmailEntries"]
        if len(entries) > 50 or len(request.body) > MEGABYTE:
            return refusal(400, "BadRequestException", "Too much")
        return json_reply(200, {"BulkEmailEntryResults": [self._take(template, entry) for entry in entries]})

    def _take(self, template: dict[str, str], entry: dict[str, Any]) -> dict[str, str]:
        (recipient,) = entry["Destination"]["ToAddresses"]
        if recipient in self.results:
            return self.results[recipient]
        values = json.loads(entry["ReplacementEmailContent"]["ReplacementTemplate"]["ReplacementTemplateData"])
        parts = {part: VARIABLE.sub(lambda found: str(values[found[1]]), source) for part, source in template.items()}
        self.sent[recipient] = (parts["Subject"], parts["Text"])
        self.headers[recipient] = _read(entry.get("ReplacementHeaders", []))
        if "Html" in parts:
            self.html[recipient] = parts["Html"]
        return {"Status": "SUCCESS", "MessageId": f"bulk-{recipient}"}


def _read(headers: list[dict[str, str]]) -> dict[str, str]:
    """Return headers, of at most 126 characters in a name and 870 in a value (API v2 reference, "MessageHeader")."""
    assert all(len(each["Name"]) <= 126 and len(each["Value"]) <= 870 for each in headers)
    return {each["Name"]: each["Value"] for each in headers}


def refusal(status: int, code: str, text: str) -> Reply:
    return json_reply(status, {"message": text}, {"x-amzn-ErrorType": code})
