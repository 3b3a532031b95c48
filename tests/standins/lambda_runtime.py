"""An execution environment of AWS Lambda: its Runtime API, and a function's process under the real client of it.

The API is that of the developer guide, "Using the Lambda runtime API for custom runtimes". Invocations come one at a
time, as they do there.
"""

import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self

VERSION = "/2018-06-01/runtime"
REGION = "eu-central-1"
PATIENCE_SECONDS = 30.0


class FunctionError(Exception):
    """What a function's code raised, as its runtime told it: at its start or in an invocation."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        super().__init__(f"{told.get('errorType')}: {told.get('errorMessage')}")
        self.type = told.get("errorType")


@dataclass(frozen=True, slots=True)
class _Told:
    """What the runtime said: that it is ``ready``, a ``response``, an ``error``, or an ``init`` error."""

    what: str
    invocation: str = ""
    content: Any = None


class RuntimeApi(ThreadingHTTPServer):
    """The endpoint that a runtime asks for events and tells the answers."""

    daemon_threads = True

    def __init__(self, function_arn: str, time_limit: timedelta) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.function_arn = function_arn
        self.time_limit = time_limit
        self.events: queue.Queue[tuple[str, bytes] | None] = queue.Queue()
        self.told: queue.Queue[_Told] = queue.Queue()
        self.address = f"127.0.0.1:{self.server_port}"
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """End the endpoint."""
        self.events.put(None)
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The client waits for the whole answer, so it goes out in one piece and at once.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: RuntimeApi

    def do_GET(self) -> None:
        assert self.path == f"{VERSION}/invocation/next", self.path
        self.server.told.put(_Told("ready"))
        event = self.server.events.get()
        if event is None:
            self.close_connection = True
            return
        invocation, body = event
        deadline = time.time() + self.server.time_limit.total_seconds()
        self._answer(
            200,
            body,
            {
                "Lambda-Runtime-Aws-Request-Id": invocation,
                "Lambda-Runtime-Deadline-Ms": str(round(deadline * 1000)),
                "Lambda-Runtime-Invoked-Function-Arn": self.server.function_arn,
                "Lambda-Runtime-Trace-Id": f"Root=1-{round(time.time()):08x}-{uuid.uuid4().hex[:24]};Sampled=0",
            },
        )

    def do_POST(self) -> None:
        content = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        match self.path.removeprefix(f"{VERSION}/").split("/"):
            case ["init", "error"]:
                self.server.told.put(_Told("init", content=content))
            case ["invocation", invocation, ("response" | "error") as what]:
                self.server.told.put(_Told(what, invocation, content))
            case _:
                raise AssertionError(self.path)
        self._answer(202, b'{"status": "OK"}', {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent."""


class LambdaFunction:
    """A function in an environment of its own, from its cold start to `close`, or for the time of a ``with``."""

    def __init__(
        self,
        *,
        python: Path,
        handler: str,
        task_root: Path,
        layers: Sequence[Path],
        environment: Mapping[str, str],
        time_limit: timedelta = timedelta(seconds=60),
    ) -> None:
        name = f"wavecom-{handler.split('.')[1]}"
        self._api = RuntimeApi(f"arn:aws:lambda:{REGION}:123456789012:function:{name}", time_limit)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed in close
        self._is_ready = False
        self._process = subprocess.Popen(
            [python, "-m", "awslambdaric", handler],
            cwd=task_root,
            # What Lambda sets (developer guide, "Defined runtime environment variables"), and nothing of this process.
            env={
                "_HANDLER": handler,
                "AWS_ACCESS_KEY_ID": "local",
                "AWS_SECRET_ACCESS_KEY": "local",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_REGION": REGION,
                "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "AWS_LAMBDA_FUNCTION_NAME": name,
                "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
                "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
                "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
                "AWS_LAMBDA_LOG_STREAM_NAME": "2026/03/01/[$LATEST]0",
                "AWS_LAMBDA_RUNTIME_API": self._api.address,
                "LAMBDA_TASK_ROOT": str(task_root),
                "LANG": "en_US.UTF-8",
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(map(str, layers)),
                "PYTHONDONTWRITEBYTECODE": "1",  # there, layers and code are read-only
                "TZ": ":UTC",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def wait_until_ready(self) -> None:
        """Return when the runtime asks for an event. Raises `FunctionError` if its handler could not be loaded."""
        if not self._is_ready:
            assert self._next_told().what == "ready"
            self._is_ready = True

    def invoke(self, event: object) -> Any:
        """Return the function's answer to ``event``. Raises `FunctionError`."""
        self.wait_until_ready()
        invocation = str(uuid.uuid4())
        self._is_ready = False
        self._api.events.put((invocation, json.dumps(event).encode()))
        told = self._next_told()
        assert told.invocation == invocation
        if told.what == "error":
            raise FunctionError(told.content)
        return told.content

    def _next_told(self) -> _Told:
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                told = self._api.told.get(timeout=0.1)
            except queue.Empty:
                assert self._process.poll() is None, f"The function's process ended:\n{self.log}"
                continue
            if told.what == "init":
                raise FunctionError(told.content)
            return told
        raise AssertionError(f"The function does not answer:\n{self.log}")

    @property
    def log(self) -> str:
        """What the function wrote so far."""
        # The position in the file is the function's.
        return os.pread(self._log.fileno(), os.fstat(self._log.fileno()).st_size, 0).decode()

    def close(self) -> None:
        """End the environment as Lambda does: without a word to the function."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._api.close()
        self._log.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()
