"""``python -m cli``, and the program behind `bin/wavecom`."""

import io
import signal
import sys

from cli import (
    attachments,
    books,
    categories,
    dead_letters,
    doctor,
    events,
    keys,
    notifications,
    preferences,
    send,
    senders,
    suppressions,
    tail,
    templates,
    webhooks,
)
from cli.command import group

app = group(
    "WaveCom's command line. It talks to http://localhost:5000, or to --url (WAVECOM_URL) with the key in "
    "WAVECOM_API_KEY or --key-file. Exit codes: 0 ok, 1 the answer is bad, 2 usage, 3 the API refused, "
    "4 the API cannot be reached."
)
for module in (send, notifications, tail, events, books, doctor):
    module.add_commands(app)
for module_of_group, name in (
    (templates, "templates"),
    (attachments, "attachments"),
    (dead_letters, "dlq"),
    (suppressions, "suppressions"),
    (senders, "senders"),
    (categories, "categories"),
    (preferences, "preferences"),
    (webhooks, "webhooks"),
    (keys, "keys"),
):
    app.add_typer(module_of_group.app, name=name)


def main() -> None:
    """Run the command line of this process. Characters that the terminal cannot show are printed as escapes.

    Ctrl-C works even if a shell started it in the background, with SIGINT ignored.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app(prog_name="wavecom")


if __name__ == "__main__":
    main()
