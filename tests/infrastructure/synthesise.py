"""``python -m tests.infrastructure.synthesise FOLDER``: each engine and stage, and one with everything on."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from aws_cdk import App

from infra_cdk.app import add_stacks
from infra_cdk.settings import StageSettings
from layers.build import Built, build
from local.config import PROJECT
from tests.infrastructure.variants import CHANGED, VARIANTS


def synthesise(into: Path) -> None:
    """Write a cloud assembly for each variant below ``into``."""
    context = json.loads((PROJECT / "cdk.json").read_text())["context"]
    stages = context.pop("stages")
    for variant, (stage, changes) in VARIANTS.items():
        settings = StageSettings.from_context({stage: {**stages[stage], **changes}}, stage, {})
        built = build(settings.architecture)
        _synthesise(context, settings, built, into / variant)
        if variant == "dev-sqs":
            _synthesise(context, settings, _changed(built, into), into / CHANGED)


def _synthesise(context: dict[str, Any], settings: StageSettings, built: Built, into: Path) -> None:
    app = App(context=context, outdir=str(into))
    add_stacks(app, settings, built)
    app.synth()


def _changed(built: Built, into: Path) -> Built:
    """Return ``built`` with one file of the package changed."""
    code = shutil.copytree(built.code.path, into / "code")
    with (code / "python" / "wavecom" / "topology.py").open("a") as file:
        file.write("# changed\n")
    return replace(built, code=replace(built.code, path=code))


if __name__ == "__main__":
    synthesise(Path(sys.argv[1]))
