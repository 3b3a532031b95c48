"""The page behind the link in email by which its recipient leaves a category.

Mail programs post to it by themselves (RFC 8058), without a cookie; a person sees a page whose button posts. A GET
changes nothing, since scanners of links follow every one. The page loads nothing, and says nothing about the recipient.
"""

from collections.abc import Callable
from html import escape
from http import HTTPStatus
from typing import Annotated, Final

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver
from aws_lambda_powertools.event_handler.openapi.params import Path

from wavecom.domain.categories import Category
from wavecom.domain.errors import NotFoundError
from wavecom.http.services import Services

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS: Final = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark }}
body {{ font: 1.1rem/1.5 system-ui, sans-serif; max-width: 32rem; margin: 15vh auto; padding: 0 1.5rem }}
button {{ font: inherit; padding: .6rem 1.2rem; cursor: pointer }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""
_ASK: Final = """<p>You will get no more messages of this kind at this address.</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>"""
_LEFT: Final = "<p>You will get no more messages of this kind at this address. You can close this page.</p>"
_ALWAYS: Final = "<p>These messages cannot be left: they are about your own orders and accounts.</p>"
_UNKNOWN: Final = "<p>It may have been cut off: please open it again from the message that it came in.</p>"

Token = Annotated[str, Path(description="The last part of the link")]


def add_unsubscribe_page(app: ApiGatewayResolver, services: Services) -> None:
    """Add ``/u/…``, which needs no key."""

    @app.get("/u/<token>", include_in_schema=False)
    def show(token: Token) -> Response[str]:
        return _about(services.preferences.meant, token, "Unsubscribe from “{}”?", _ASK)

    @app.post("/u/<token>", include_in_schema=False)
    def leave(token: Token) -> Response[str]:
        return _about(services.preferences.leave, token, "You have unsubscribed from “{}”", _LEFT)


def _about(category_of: Callable[[str], Category], token: str, title: str, body: str) -> Response[str]:
    """Return a page about the category of a link, whose name stands in the title."""
    try:
        category = category_of(token)
    except NotFoundError:
        return _page(HTTPStatus.NOT_FOUND, "This link is not valid", _UNKNOWN)
    if category.transactional:
        title, body = "“{}” is always sent", _ALWAYS
    return _page(HTTPStatus.OK, title.format(category.name), body)


def _page(status: HTTPStatus, title: str, body: str) -> Response[str]:
    text = _PAGE.format(title=escape(title), body=body)
    return Response(status.value, content_type="text/html; charset=utf-8", body=text, headers={**_HEADERS})
