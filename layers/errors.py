"""What can go wrong in a build."""


class BuildError(Exception):
    """The layers cannot be built; the text is one sentence for the person who asked for them."""
