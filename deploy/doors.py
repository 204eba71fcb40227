"""Where the doors for machines listen, and whether what is said there can be read on the way.

Keys travel in every request. So plain HTTP is for this machine alone; another address needs a certificate, or somebody
who says that he knows (a proxy in front that has one).
"""

import ssl
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from connectors.words import settings as words
from deploy.problem import Misused
from deploy.settings import Settings


class Door(NamedTuple):
    """An address to listen on; with certificate and key it is HTTPS."""

    address: str
    certificate: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """How its URLs begin."""
        return "http" if self.certificate is None else "https"


def door_of(settings: Settings) -> Door:
    """Return where the gateway listens. Raises `Misused` for what would show keys to everybody, or cannot work."""
    certificate, key = settings.http_certificate, settings.http_certificate_key
    if (certificate is None) != (key is None):
        raise Misused(words.HALF_A_CERTIFICATE)
    if certificate is None or key is None:
        if not is_loopback(settings.http_host) and not settings.http_insecure:
            raise Misused(words.PLAIN_HTTP.filled(address=settings.http_host))
        return Door(settings.http_host)
    try:
        # A key that is locked by a password cannot be used by a service; else somebody would be asked for it here.
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__
        raise Misused(words.NO_CERTIFICATE.filled(cert=str(certificate), key=str(key), why=str(why))) from None
    return Door(settings.http_host, certificate, key)


def is_loopback(address: str) -> bool:
    """Say whether only this machine reaches an address; of a name nobody knows whose it will be, save one."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
