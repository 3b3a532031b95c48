"""Errors of a build."""


class BuildError(Exception):
    """The layers cannot be built; the text is one sentence for the person who started the build."""
