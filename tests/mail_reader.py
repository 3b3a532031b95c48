"""Messages as a parser reads them that shares no code with Python's: postal-mime, run by Node.js."""

import base64
import json
import subprocess
from collections.abc import Sequence
from typing import Any

from local.config import PROJECT

FOLDER = PROJECT / "tests" / "node"


def read_mails(messages: Sequence[bytes]) -> list[dict[str, Any]]:
    """Return what the parser finds in each: its addresses, subject, text, html, names of headers ..."""
    lines = "".join(f"{base64.b64encode(message).decode()}\n" for message in messages)
    done = subprocess.run(
        ["node", "read-mail.js"], cwd=FOLDER, input=lines, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]
