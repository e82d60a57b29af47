"""The page of the Bestand in a real browser: nothing for axe to find, nothing wider than the window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from engine.instances import Started
from integrations.kasse.folders import KasseFolders
from tests.web.inbox.conftest import Office
from tests.web.inbox.test_bestand import folders, page, refunded, refuse, schulz  # noqa: F401 -- fixtures
from tests.web.inbox.test_browser import address, chromium, desk  # noqa: F401 -- fixtures
from tests.web.test_browser import overflow, violations

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nobody_is_kept_from_reading_the_bestand(
    office: Office,
    refunded: Started,  # noqa: F811 -- the fixture
    folders: KasseFolders,  # noqa: F811 -- the fixture
    desk: Callable[..., Page],  # noqa: F811 -- the fixture
    width: int,
    scheme: str,
) -> None:
    refuse(office, folders, "Die Haushaltsstelle ist gesperrt.")
    for address_of in (page(refunded), f"/inbox/vorgaenge/{refunded.vorgang_id}"):
        shown = desk(address_of, width=width, scheme=scheme)
        for fold in shown.locator("details").all():
            fold.evaluate("fold => fold.open = true")
        assert violations(shown) == []
        assert overflow(shown) <= 0


def test_the_office_hands_over_again_by_keys(
    office: Office,
    refunded: Started,  # noqa: F811 -- the fixture
    folders: KasseFolders,  # noqa: F811 -- the fixture
    desk: Callable[..., Page],  # noqa: F811 -- the fixture
) -> None:
    refuse(office, folders, "Die Haushaltsstelle ist gesperrt.")
    shown = desk(page(refunded))
    shown.get_by_role("button", name="Erneut an die Kasse übergeben").focus()
    shown.keyboard.press("Enter")
    shown.wait_for_url("**#kasse")
    assert shown.get_by_text("an die Kasse übergeben", exact=True).is_visible()
