"""Files that the dependency layer is built without, with reasons."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from layers.errors import BuildError

AWS_SERVICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "sqs": "the queues",
        "sesv2": "email by Amazon SES",
        "s3": "attachments",
        "sns": "SMS by Amazon SNS",
        "pinpoint-sms-voice-v2": "SMS by AWS End User Messaging",
        "secretsmanager": "the functions' secrets",
        "sts": "credentials of a role that is assumed",
    }
)
"""The service models of botocore that stay, with their purpose."""


@dataclass(frozen=True, slots=True)
class Pruned:
    """Files or folders to delete. ``pattern`` is a glob below the layer's packages; ``keep`` are names that stay."""

    pattern: str
    reason: str
    keep: frozenset[str] = frozenset()
    """Names up to their first dot or underscore."""


# fmt: off
LANGUAGES: Final = frozenset(
    {
        "ar", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga",
        "gl", "he", "hi", "hr", "hu", "id", "is", "it", "ja", "ko", "lb", "lt", "lv", "mk", "ms", "mt", "nb",
        "nl", "nn", "no", "pl", "pt", "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "th", "tr", "uk", "vi",
        "zh",
    }
)
# fmt: on
"""The languages of templates; a test holds them to those that the code accepts."""
_KEPT_BY: Final = re.compile("[._]")

PRUNED: Final = (
    Pruned("botocore/data/*/", "some 400 services that no function calls", frozenset(AWS_SERVICES)),
    Pruned("botocore/data/*/*/examples-*", "documentation"),
    Pruned("botocore/data/*/*/paginators-*", "the functions ask for no pages"),
    Pruned("botocore/data/*/*/waiters-*", "nor do they wait for resources"),
    Pruned("botocore/cacert.pem", "the same certificates as certifi's, which botocore prefers"),
    Pruned("boto3/data/", "models of boto3's resources; the functions use clients"),
    Pruned("boto3/examples/", "documentation"),
    Pruned("phonenumbers/geodata/", "places of numbers; the functions only validate and format"),
    Pruned("phonenumbers/geocoder.py", "needs geodata"),
    Pruned("phonenumbers/carrierdata/", "carriers of numbers, likewise"),
    Pruned("phonenumbers/carrier.py", "needs carrierdata"),
    Pruned("phonenumbers/tzdata/", "time zones of numbers, likewise"),
    Pruned("phonenumbers/timezone.py", "needs tzdata"),
    Pruned(
        "aws_lambda_powertools/utilities/*/",
        "for what the functions do not do, such as idempotency and batches",
        frozenset({"data", "jmespath", "metadata", "typing"}),
    ),
    Pruned("anyio/", "asynchronous calls, which httpx does without"),
    Pruned("pyasn1/", "keys read in Python alone; google-auth reads them by cryptography"),
    Pruned("pyasn1_modules/", "likewise"),
    Pruned("cffi/", "makes bindings; those of cryptography are made, and need its backend alone"),
    Pruned("dateutil/zoneinfo/*.tar.gz", "zones for systems that have none; botocore uses UTC alone"),
    Pruned("babel/locale-data/*.dat", "languages that no template is written in", LANGUAGES | {"root"}),
    Pruned("babel/messages/", "translates programs, which nobody asks for"),
    Pruned("**/tests/", "tests of packages"),
    Pruned("*-stubs/", "for type checkers"),
    Pruned("**/*.pyi", "for type checkers"),
    Pruned("**/py.typed", "for type checkers"),
    Pruned("**/*.c", "sources of what is there compiled"),
    Pruned("**/*.h", "sources of what is there compiled"),
    Pruned("bin/", "command lines; nobody has a shell there"),
    Pruned("*.dist-info/RECORD", "lists the files of before"),
    Pruned("*.dist-info/INSTALLER", "names the tool, whose choice changes nothing"),
    Pruned("*.dist-info/REQUESTED", "likewise"),
    Pruned("*.dist-info/sboms/", "bills of material; the lock file is ours"),
    Pruned("**/__pycache__/", "holds times and paths, and is made anew by each interpreter"),
)


def prune(packages: Path) -> None:
    """Delete from ``packages`` all that `PRUNED` lists. Raises `BuildError` if botocore no longer has a service."""
    for pruned in PRUNED:
        only_folders = pruned.pattern.endswith("/")
        for found in sorted(packages.glob(pruned.pattern)):
            if _KEPT_BY.split(found.name)[0] in pruned.keep or (only_folders and not found.is_dir()):
                continue
            if found.is_dir():
                shutil.rmtree(found)
            else:
                found.unlink(missing_ok=True)
    for service in AWS_SERVICES:
        if not (packages / "botocore" / "data" / service).is_dir():
            raise BuildError(f"botocore has no service {service} any more: correct AWS_SERVICES in layers/prune.py.")
