"""The TypeScript client, which tests drive by `tests/node/drive-client.js`."""

import json
import subprocess
from typing import Any

from local.config import PROJECT

BUILT = PROJECT / "clients" / "typescript" / "dist" / "index.js"


def by_typescript(scenario: str, url: str, key: str) -> dict[str, Any]:
    """Return what the TypeScript client understood."""
    assert BUILT.exists(), "make check-clients builds it"
    done = subprocess.run(
        ["node", "drive-client.js", scenario, url, key],
        cwd=PROJECT / "tests" / "node",
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    understood: dict[str, Any] = json.loads(done.stdout)
    return understood
