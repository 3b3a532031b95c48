"""Whether an alarm of a template goes off, by what its metrics are: CloudWatch's metric math, as far as it is used.

(Amazon CloudWatch user guide, "Using math expressions with CloudWatch metrics" and "Configuring how CloudWatch alarms
treat missing data".)
"""

import ast
import operator
from collections.abc import Callable
from typing import Any

from tests.infrastructure.templates import Resource

QUOTA = 1_000.0
"""What Service Quotas knows for whichever metric."""
OPERATORS: dict[type[ast.AST], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.And: lambda one, other: float(bool(one) and bool(other)),
}
Published = Callable[[Resource], float | None]
"""A metric's value in every minute, None where it is missing in all."""


def dimensions(metric: Resource) -> dict[str, Any]:
    """Return a metric's dimensions by name."""
    return {each["Name"]: each["Value"] for each in metric.get("Dimensions", [])}


def measured(alarm: Resource) -> list[Resource]:
    """Return the metrics that an alarm stands on, one or those of its sum."""
    if "MetricName" in alarm:
        return [alarm]
    return [each["MetricStat"]["Metric"] for each in alarm["Metrics"] if "MetricStat" in each]


def goes_off(alarm: Resource, published: Published) -> bool:
    """Return whether ``alarm``, which was OK, is in ALARM when all its minutes are as ``published``."""
    value = published(alarm) if "MetricName" in alarm else _value_of_sum(alarm["Metrics"], published)
    if value is None:
        return bool(alarm["TreatMissingData"] == "breaching")
    above = {"GreaterThanThreshold": True, "LessThanThreshold": False}[alarm["ComparisonOperator"]]
    return bool(value > alarm["Threshold"] if above else value < alarm["Threshold"])


def _value_of_sum(parts: list[Resource], published: Published) -> float | None:
    by_id = {each["Id"]: each for each in parts}

    def value(identifier: str) -> float | None:
        part = by_id[identifier]
        if "MetricStat" in part:
            return published(part["MetricStat"]["Metric"])
        return _evaluate(ast.parse(part["Expression"].replace(" AND ", " and "), mode="eval").body, value)

    (returned,) = [each["Id"] for each in parts if each.get("ReturnData", True)]
    return value(returned)


def _evaluate(node: ast.expr, value: Callable[[str], float | None]) -> float | None:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=identifier):
            return value(identifier)
        case ast.Call(func=ast.Name(id=function), args=arguments):
            return _call(function, arguments, value)
        case ast.BinOp(left=left, op=op, right=right) | ast.Compare(left=left, ops=[op], comparators=[right]):
            return _apply(op, [_evaluate(left, value), _evaluate(right, value)])
        case ast.BoolOp(op=op, values=values):
            return _apply(op, [_evaluate(each, value) for each in values])
    raise ValueError(f"not known here: {ast.dump(node)}")


def _call(function: str, arguments: list[ast.expr], value: Callable[[str], float | None]) -> float | None:
    first = _evaluate(arguments[0], value)
    match function:
        case "FILL":
            return _evaluate(arguments[1], value) if first is None else first
        case "IF":
            return None if first is None else _evaluate(arguments[1 if first else 2], value)
        case "SERVICE_QUOTA":
            return QUOTA
    raise ValueError(f"not known here: {function}")


def _apply(op: ast.AST, operands: list[float | None]) -> float | None:
    """Return the result, which is missing where an operand is."""
    first, *others = operands
    for other in others:
        if first is None or other is None:
            return None
        first = OPERATORS[type(op)](first, other)
    return first
