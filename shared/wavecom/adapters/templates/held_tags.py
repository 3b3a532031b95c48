"""A template's source with a word in the place of each tag, for tools that read HTML, and the tags put back."""

import re
from itertools import count

from wavecom.adapters.templates.language import Tag, with_tags_replaced


class HeldTags:
    """The tags of one source. ``text`` is the source with a word in the place of each; its comments are left out.

    ``word`` is the beginning of every such word.
    """

    def __init__(self, source: str) -> None:
        self.word = next(each for number in count() if (each := f"wctag{number}n") not in source.lower())
        self._held = re.compile(rf'{self.word}(\d+)e(?:="" ?)?')
        self._tags: list[str] = []
        self._silent: list[int] = []

        def hold(tag: Tag) -> str:
            number = len(self._tags)
            self._tags.append(source[tag.start : tag.end])
            if tag.kind == "%":
                self._silent.append(number)
            return f"{self.word}{number}e"

        self.text = with_tags_replaced(source, hold)

    def put_back(self, text: str) -> str | None:
        """Return what a tool made of ``text`` with the tags in it, or None if it lost or moved one.

        A tool may repeat what is printed, such as the address of a picture, between the same tags that decide.
        """
        found = [int(number) for number in self._held.findall(text)]
        first = list(dict.fromkeys(found))
        silent = set(self._silent)
        if first != list(range(len(self._tags))) or [each for each in found if each in silent] != self._silent:
            return None
        return self._held.sub(lambda held: self._tags[int(held[1])], text)
