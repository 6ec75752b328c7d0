"""The demo city with the pages that are measured, and the addresses of each."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.web.authentication import STAFF_COOKIE
from ...tests.e2e.support.page_loads import open_measured_pages
from ...tests.support.http_client import open_client
from ..calls.demo_call import prepare_call
from ..installation import DemoProduct


@dataclass(frozen=True, slots=True)
class MeasuredProduct:
    """A running version of the product.

    `paths`: the address of each page. `cookie`: of an account for all offices.
    """

    name: str
    product: DemoProduct
    paths: dict[str, str]
    cookie: str

    def cookies(self, url: str) -> list[dict[str, str]]:
        """Return the session's cookie for an address of the product."""
        return [{"name": STAFF_COOKIE, "value": self.cookie, "url": url}]


async def prepare_pages(name: str, product: DemoProduct) -> MeasuredProduct:
    """Book an appointment, take a ticket and open a desk."""
    appointment_id, token, cookie = await prepare_call(product)
    headers = {"Cookie": f"{STAFF_COOKIE}={cookie}", "Sec-Fetch-Site": "same-origin"}
    async with open_client(product.url, headers=headers, raise_for_status=True) as session:
        paths = await open_measured_pages(session, appointment_id, token)
    return MeasuredProduct(name, product, paths, cookie)
