"""The QR code inside an e-mail: for who reads mail on a computer, and shall open the link on a phone."""

from io import BytesIO
from typing import Final

from functions.messaging.gateways import Image

NAME: Final = "qr"  # its HTML shows it as cid:qr
PIXELS: Final = 8  # a module's side: shown at 200 × 200, the picture stays sharp on dense screens


def image(link: str) -> Image:
    """A PNG, dark on light with its quiet zone (scanners do not read the inverse)."""
    import segno  # only e-mails with a code need it

    png = BytesIO()
    segno.make(link, micro=False, error="m").save(png, kind="png", scale=PIXELS, border=4)
    return Image(name=NAME, content_type="image/png", data=png.getvalue())
