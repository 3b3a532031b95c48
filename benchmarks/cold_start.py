"""Cold start: the time of a function from start to its first event, and the cost of its imports."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from benchmarks.figures import percentile
from benchmarks.result import Note, Result
from layers.build import MB, build
from local.config import PROJECT

RUNS: Final = 10
LARGEST: Final = 10
FUNCTIONS: Final = {
    "api": "from functions.api.handler import _app; _app()",
    "feed": "from functions.feed.handler import _app; _app()",
    "deliver": "from functions.deliver.handler import container; container('deliver').deliver",
    "receipts": "from functions.receipts.handler import _app; _app()",
    "sweep": "from functions.sweep.handler import container; container('sweep').sweep",
    "observe": "from functions.observe.handler import container, EmfMetrics as M; container('observe').observe(M())",
}
"""The work of Lambda before the first event of each function: import it and create its parts."""
MEASURE: Final = """
import os, time; started = time.perf_counter()
{code}
took = time.perf_counter() - started
import json
resident = int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
print(json.dumps([took * 1000, resident / 2**20]))
os._exit(0)
"""
IMPORT: Final = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")


def cold_start(note: Note, say: Callable[[str], None]) -> None:
    """Measure every function on both brokers."""
    for broker in ("rabbitmq", "sqs"):
        environment = _environment(broker)
        for name, code in FUNCTIONS.items():
            runs = [_run(MEASURE.format(code=code), environment) for _ in range(RUNS)]
            figures = {
                "initMs": round(percentile([took for took, _ in runs], 50)),
                "memoryMb": round(percentile([memory for _, memory in runs], 50)),
                "largestImportsMs": _largest_imports(code, environment),
            }
            say(f"{name} on {broker}: {figures['initMs']} ms")
            note(Result(what="cold-start", parameters={"function": name, "broker": broker}, figures=figures))
    note(Result(what="cold-start.layers", parameters={}, figures=_sizes()))


def _environment(broker: str) -> dict[str, str]:
    addresses = {"MONGODB_URI": "mongodb://127.0.0.1:1/?directConnection=true", "AMQP_URL": "amqp://127.0.0.1:1"}
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "shared")])
    return {**os.environ, **addresses, "BROKER": broker, "AWS_REGION": "us-east-1", "PYTHONPATH": path}


def _run(code: str, environment: Mapping[str, str]) -> tuple[float, float]:
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    took, memory = json.loads(done.stdout)
    return took, memory


def _largest_imports(code: str, environment: Mapping[str, str]) -> dict[str, int]:
    """Return the packages that take longest to import, with the milliseconds of all their modules."""
    command = [sys.executable, "-X", "importtime", "-c", f"{code}; import os; os._exit(0)"]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    return largest(done.stderr)


def largest(report: str) -> dict[str, int]:
    """Return the largest packages of an ``-X importtime`` report, in milliseconds."""
    took: Counter[str] = Counter()
    for line in report.splitlines():
        if found := IMPORT.match(line):
            took[found[2].partition(".")[0]] += int(found[1])
    return {name: round(microseconds / 1000) for name, microseconds in took.most_common(LARGEST)}


def _sizes() -> dict[str, float]:
    """Return the unzipped megabytes of both layers, as they are deployed."""
    built = build("arm64")
    return {
        "dependenciesMb": round(built.dependencies.size.unzipped / MB, 1),
        "codeMb": round(built.code.size.unzipped / MB, 2),
    }
