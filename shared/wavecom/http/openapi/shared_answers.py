"""Lets the operations of the OpenAPI document share their common errors."""

import json
from collections import Counter
from http import HTTPStatus
from typing import Any


def share_errors(document: dict[str, Any]) -> None:
    """Move the most common error of each status into the components, under its phrase, and refer to it."""
    answers = [operation["responses"] for path in document["paths"].values() for operation in path.values()]
    shared = document["components"]["responses"] = {}
    for status in sorted({status for each in answers for status in each if status >= "4"}):
        texts = [json.dumps(each[status]) for each in answers if status in each]
        ((text, times),) = Counter(texts).most_common(1)
        if times == 1:
            continue
        name = HTTPStatus(int(status)).phrase.title().replace(" ", "")
        shared[name] = json.loads(text)
        for each in answers:
            if status in each and json.dumps(each[status]) == text:
                each[status] = {"$ref": f"#/components/responses/{name}"}
