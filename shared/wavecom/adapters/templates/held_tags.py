"""A template's source with a word in the place of each tag, for tools that read HTML, and the tags put back."""

import re
from bisect import bisect_left
from itertools import count

from wavecom.adapters.templates.language import Tag, with_tags_replaced


class HeldTags:
    """The tags of one source. ``text`` is the source with a word in the place of each; its comments are left out.

    ``word`` is the beginning of every such word. A word that XML needs a value after is given ``no_value``.
    """

    def __init__(self, source: str) -> None:
        self.word = next(each for number in count() if (each := f"wctag{number}n") not in source.lower())
        self.no_value = f'="{self.word}x" '
        self._held = re.compile(rf'{self.word}(\d+)e(?:="{self.word}x" ?)?')
        self._tags: list[str] = []
        self._silent: list[int] = []

        def hold(tag: Tag) -> str:
            number = len(self._tags)
            self._tags.append(source[tag.start : tag.end])
            if tag.kind == "%":
                self._silent.append(number)
            return f"{self.word}{number}e"

        self.text = with_tags_replaced(source, hold)

    @property
    def are_silent(self) -> bool:
        """True if there is a tag that prints nothing, such as a branch or a loop."""
        return bool(self._silent)

    def put_back(self, text: str) -> str | None:
        """Return what a tool made of ``text`` with the tags in it, or None if it lost one, or moved one.

        A tool may repeat what is printed, such as the address of a picture, or change its order, between the same tags
        that decide.
        """
        silent, passed = set(self._silent), 0
        found = [int(number) for number in self._held.findall(text)]
        for number in found:
            if number >= len(self._tags) or bisect_left(self._silent, number) != passed:
                return None
            passed += number in silent
        if len(set(found)) < len(self._tags):
            return None
        return self._held.sub(lambda held: self._tags[int(held[1])], text)
