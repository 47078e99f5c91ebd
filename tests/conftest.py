"""What holds for the tests of all parts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from testbed.evidence import measure
from testbed.evidence.schema import Document


@pytest.fixture(autouse=True, scope="session")
def results_as_published() -> Iterator[None]:
    """Hold each result that a test measures against the published schema."""
    judge = measure.checks

    def judged(network: Any, document: dict[str, Any]) -> list[dict[str, Any]]:
        found = judge(network, document)
        Document.model_validate_json(measure.as_json({**document, "checks": found}))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(measure, "checks", judged)
        yield
