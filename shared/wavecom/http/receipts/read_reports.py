"""The result of reading a call with several reports: each is read or refused on its own."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from wavecom.domain.reports import DeliveryReport
from wavecom.http.framework.errors import FieldError, InvalidRequestError
from wavecom.http.framework.requests import field_errors


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadReports:
    """The reports of a call, and the errors of the refused ones, by their index in the call.

    ``accepted`` counts the items that could be read; some of them may report nothing.
    """

    reports: Sequence[DeliveryReport]
    accepted: int = 1
    refused: Mapping[int, InvalidRequestError] = field(default_factory=dict)

    def or_refuse(self) -> "ReadReports":
        """Raise `InvalidRequestError` if nothing could be read, else return itself."""
        if self.accepted or not self.refused:
            return self
        details = [detail for error in self.refused.values() for detail in error.details]
        raise InvalidRequestError("The request is not valid", details)


def read_each(
    items: Sequence[object], read: Callable[[object, str], DeliveryReport | None], *, called: str
) -> ReadReports:
    """Return the reports that ``read`` makes of the items; None stands for an item that reports nothing.

    ``read`` gets the item and its path, and may raise Pydantic's ValidationError or `InvalidRequestError`.
    ``called`` is the list's name in paths, such as ``reports`` in ``reports[3].status``.
    """
    reports: list[DeliveryReport] = []
    refused: dict[int, InvalidRequestError] = {}
    for index, item in enumerate(items):
        path = f"{called}[{index}]"
        try:
            report = read(item, path)
        except ValidationError as exc:
            errors = exc.errors(include_url=False, include_context=False, include_input=False)
            refused[index] = InvalidRequestError("The report is not valid", _prefixed(path, errors))
        except InvalidRequestError as exc:
            refused[index] = exc
        else:
            reports += [report] if report else []
    return ReadReports(reports=reports, accepted=len(items) - len(refused), refused=refused)


def _prefixed(path: str, errors: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    return [
        FieldError(path, error.message) if error.field == "body" else FieldError(f"{path}.{error.field}", error.message)
        for error in field_errors(errors)
    ]
