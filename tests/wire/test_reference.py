"""The reference page says what the code says, of everything."""

from __future__ import annotations

from pathlib import Path

from agents.wire import reference

PAGE = Path(__file__).parents[2] / "docs" / "wire.md"


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == reference.page(), (
        "make it anew: python -m agents.wire.reference > docs/wire.md"
    )


def test_every_declaration_has_its_place_and_source() -> None:
    page = PAGE.read_text()
    for _, _, _, classes in reference.SECTIONS:
        for cls in classes:
            assert f"`{cls.__name__}`" in page
            assert cls.LAYOUT.source.startswith(("RFC ", "draft-"))
