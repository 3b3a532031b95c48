"""What a provider is told of a call of which some reports are refused."""

from itertools import islice
from typing import Final, Self

from wavecom.http.framework.errors import ERRORS_MAX_BYTES, ApiError, bounded_errors, failure_of
from wavecom.http.framework.responses import Shape, Success
from wavecom.http.receipts.read_reports import ReadReports

RESULTS_MAX: Final = 1000
"""Refused items that an answer names."""
_PLAIN_RESULT_BYTES: Final = 200
"""Of a refused item without the details of its error, at the most."""


class ReportResult(Shape):
    """Why one item was refused."""

    index: int
    status: int
    error: ApiError


class ReportResults(Shape):
    """How many items were read and refused; ``results`` are of refused ones, ``notShown`` counts those left out."""

    accepted: int
    refused: int
    not_shown: int
    results: list[ReportResult]

    @classmethod
    def of(cls, taken: ReadReports) -> Self:
        """Return what was taken of a call, with the first `RESULTS_MAX` refusals in `ERRORS_MAX_BYTES` at the most."""
        shown = dict(islice(taken.refused.items(), RESULTS_MAX))
        room = ERRORS_MAX_BYTES - _PLAIN_RESULT_BYTES * len(shown)
        errors = bounded_errors(map(failure_of, shown.values()), room)
        return cls.trusted(
            accepted=taken.accepted,
            refused=len(taken.refused),
            not_shown=len(taken.refused) - len(shown),
            results=[
                ReportResult.trusted(index=index, status=refusal.status.value, error=error)
                for (index, refusal), error in zip(shown.items(), errors, strict=True)
            ],
        )


class ReportsAnswer(Success[ReportResults]):
    """What became of the reports of a call."""
