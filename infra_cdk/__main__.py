"""The entry point of the CDK command line: ``-c stage=dev``, and ``-c name=value`` to override a stage's setting."""

import sys

from aws_cdk import App

from infra_cdk.app import add_stacks
from infra_cdk.settings import StageError, StageSettings
from layers.build import BuildError, build


def main() -> None:
    """Synthesise one stage. A wrong setting ends it with one line that names it."""
    app = App()
    try:
        settings = _settings(app)
        add_stacks(app, settings, build(settings.architecture))
    except (StageError, BuildError) as exc:
        sys.exit(str(exc))
    app.synth()


def _settings(app: App) -> StageSettings:
    context = app.node.try_get_context
    stage = context("stage")
    if not stage:
        raise StageError("stage is missing: say -c stage=dev, or another stage of cdk.json")
    given = app.node.get_all_context()
    StageSettings.check_names(given)
    overrides = {name: _value(given[name]) for name in StageSettings.names() & given.keys()}
    return StageSettings.from_context(context("stages"), stage, overrides)


def _value(given: object) -> object:
    """Return the value of ``-c name=value``, which is always a text: ``null`` stands for None."""
    return None if given == "null" else given


if __name__ == "__main__":
    main()
