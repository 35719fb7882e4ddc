"""The API's description, with the errors as they really are."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from gateway.schemas.problem import FieldProblem, Problem

DESCRIPTION = """
A dog's photo goes in; its breed, ears, fur, pattern, colours and an icon of its face come out.

Errors are `application/problem+json` (RFC 9457) with a stable `reason`, in English or Korean by
`Accept-Language`. Names are snake_case, boxes are fractions of the upright picture, probabilities are
calibrated and lie between 0 and 1.
"""

_REFERENCE = "#/components/schemas/{model}"


def install(app: FastAPI) -> None:
    """Have the application describe itself, adding the schemas that only errors use."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title, version=app.version, description=DESCRIPTION, routes=app.routes
            )
            schemas = schema.setdefault("components", {}).setdefault("schemas", {})
            for model in (Problem, FieldProblem):
                own = model.model_json_schema(ref_template=_REFERENCE)
                own.pop("$defs", None)
                schemas[model.__name__] = own
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]
