"""Group commit: who comes while others are at work is answered together, and always gets its own answer."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from wavecom.gather import Gather


class Slow:
    """Work that waits until it is let go, and remembers its groups."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.began = threading.Event()
        self.groups: list[list[int]] = []

    def __call__(self, asked):
        self.groups.append(list(asked))
        self.began.set()
        assert self.go.wait(5)
        return [each * 2 for each in asked]


def waiting(gather: Gather, count: int) -> bool:
    while len(gather._waiting) < count:
        pass
    return True


def test_a_lone_caller_waits_for_nobody() -> None:
    gather: Gather[int, int] = Gather(lambda asked: [each + 1 for each in asked], max_size=10)

    assert [gather(number) for number in range(3)] == [1, 2, 3]


def test_who_comes_meanwhile_is_answered_together_and_each_with_its_own() -> None:
    slow = Slow()
    gather = Gather(slow, max_size=10)
    with ThreadPoolExecutor(6) as threads:
        first = threads.submit(gather, 0)
        slow.began.wait(5)
        others = [threads.submit(gather, number) for number in range(1, 6)]
        waiting(gather, 5)
        slow.go.set()

        assert first.result(5) == 0
        assert [each.result(5) for each in others] == [2, 4, 6, 8, 10]
    assert [len(group) for group in slow.groups] == [1, 5]


def test_a_group_has_its_bound_but_takes_a_call_that_is_larger() -> None:
    slow = Slow()
    gather = Gather(slow, max_size=4, size_of=lambda asked: asked)
    with ThreadPoolExecutor(5) as threads:
        first = threads.submit(gather, 1)
        slow.began.wait(5)
        for number, weight in enumerate((3, 9, 2, 2), 1):
            threads.submit(gather, weight)
            waiting(gather, number)
        slow.go.set()
        first.result(5)

    assert slow.groups == [[1], [3], [9], [2, 2]]


def test_several_groups_are_worked_on_at_once_and_no_call_is_left() -> None:
    gather: Gather[int, int] = Gather(lambda asked: [each * 2 for each in asked], max_size=3, at_once=2)
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(gather, range(2_000))) == [2 * number for number in range(2_000)]

    assert gather._free == 2
    assert not gather._waiting


def test_an_error_among_the_answers_is_raised_to_its_own_caller() -> None:
    gather: Gather[int, int] = Gather(
        lambda asked: [ValueError("odd") if each % 2 else each for each in asked], max_size=10
    )

    assert gather(2) == 2
    with pytest.raises(ValueError, match="odd"):
        gather(3)
    assert gather(4) == 4


def test_an_error_of_the_work_is_raised_to_the_whole_group_and_not_to_the_next() -> None:
    slow = Slow()

    def work(asked):
        answers = slow(asked)
        if len(slow.groups) == 2:
            raise ConnectionError
        return answers

    gather = Gather(work, max_size=10)
    with ThreadPoolExecutor(3) as threads:
        first = threads.submit(gather, 1)
        slow.began.wait(5)
        others = [threads.submit(gather, number) for number in (2, 3)]
        waiting(gather, 2)
        slow.go.set()

        assert first.result(5) == 2
        assert [type(each.exception(5)) for each in others] == [ConnectionError, ConnectionError]
    assert gather(4) == 8
