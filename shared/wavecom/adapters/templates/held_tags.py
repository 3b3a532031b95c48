"""A template's source with its tags held out of the way, for tools that read HTML, and put back afterwards."""

import re
from itertools import count
from typing import Final

from wavecom.adapters.templates.language import Tag, with_tags_replaced

_MARKUP: Final = re.compile(r"<!--.*?(?:-->|\Z)|<[A-Za-z/!][^>]*", re.DOTALL)


class HeldTags:
    """The tags of one source. ``text`` is the source with a word in the place of each; its comments are left out.

    With ``as_comments`` a tag that prints nothing stands as a comment of HTML, which is allowed between the rows of a
    table, unless it is within an element's own tag.
    """

    def __init__(self, source: str, *, as_comments: bool = False) -> None:
        word = next(each for number in count() if (each := f"wctag{number}n") not in source.lower())
        self._held = re.compile(rf'<!--{word}(\d+)e-->|{word}(\d+)e(?:="")?')
        self._tags: list[str] = []
        self._silent: list[int] = []

        def hold(tag: Tag) -> str:
            number = len(self._tags)
            self._tags.append(source[tag.start : tag.end])
            if tag.kind == "%":
                self._silent.append(number)
            return f"{word}{number}e"

        self.text = with_tags_replaced(source, hold)
        if as_comments:
            self.text = self._with_comments()

    def put_back(self, text: str) -> str | None:
        """Return what a tool made of ``text`` with the tags in it, or None if it lost one, or moved one that decides.

        A tool may repeat what is printed, such as the address of a picture.
        """
        found = [int(comment or word) for comment, word in self._held.findall(text)]
        silent = set(self._silent)
        if [each for each in found if each in silent] != self._silent or len(set(found)) < len(self._tags):
            return None
        return self._held.sub(lambda held: self._tags[int(held[1] or held[2])], text)

    def _with_comments(self) -> str:
        silent, markup = set(self._silent), [match.span() for match in _MARKUP.finditer(self.text)]
        parts: list[str] = []
        position = element = 0
        for held in self._held.finditer(self.text):
            while element < len(markup) and markup[element][1] <= held.start():
                element += 1
            is_within = element < len(markup) and markup[element][0] <= held.start()
            is_comment = int(held[2]) in silent and not is_within
            parts += [self.text[position : held.start()], f"<!--{held[0]}-->" if is_comment else held[0]]
            position = held.end()
        return "".join([*parts, self.text[position:]])
