"""The answer to a provider's call with refused reports."""

from itertools import islice
from typing import Final, Self

from wavecom.http.framework.errors import ERRORS_MAX_BYTES, ApiError, bounded_errors, failure_of
from wavecom.http.framework.responses import Shape, Success
from wavecom.http.receipts.read_reports import ReadReports

RESULTS_MAX: Final = 1000
"""The most refused items that an answer names."""
_PLAIN_RESULT_BYTES: Final = 200
"""The most bytes of a refused item without the details of its error."""


class ReportResult(Shape):
    """The error of one refused item."""

    index: int
    status: int
    error: ApiError


class ReportResults(Shape):
    """Counts of read and refused items; ``results`` are of refused ones, ``notShown`` counts those left out."""

    accepted: int
    refused: int
    not_shown: int
    results: list[ReportResult]

    @classmethod
    def of(cls, result: ReadReports) -> Self:
        """Return the result of a call, with the first `RESULTS_MAX` refusals in `ERRORS_MAX_BYTES` at the most."""
        shown = dict(islice(result.refused.items(), RESULTS_MAX))
        max_bytes = ERRORS_MAX_BYTES - _PLAIN_RESULT_BYTES * len(shown)
        errors = bounded_errors(map(failure_of, shown.values()), max_bytes)
        return cls.trusted(
            accepted=result.accepted,
            refused=len(result.refused),
            not_shown=len(result.refused) - len(shown),
            results=[
                ReportResult.trusted(index=index, status=refusal.status.value, error=error)
                for (index, refusal), error in zip(shown.items(), errors, strict=True)
            ],
        )


class ReportsAnswer(Success[ReportResults]):
    """The result of each report of a call."""
