"""The package as a whole: its version, its types, and what they are made from."""

import json
import tomllib
from pathlib import Path

import generate

import wavecom_client
from wavecom_client import types

FOLDER = Path(__file__).parents[1]


def test_the_version_is_the_same_everywhere():
    about = tomllib.loads((FOLDER / "pyproject.toml").read_text())
    other = json.loads((FOLDER.parent / "typescript" / "package.json").read_text())

    assert wavecom_client.__version__ == about["project"]["version"] == other["version"]


def test_the_types_are_those_of_the_contract():
    made = generate.module(json.loads(generate.CONTRACT.read_text()))

    assert Path(types.__file__).read_text() == made, "make openapi writes them anew"


def test_everything_that_is_exported_is_there():
    assert [name for name in wavecom_client.__all__ if not hasattr(wavecom_client, name)] == []
