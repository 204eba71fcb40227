"""Who calls, by the key in the Authorization header."""

from collections.abc import Callable, Mapping

from connectors.http.problems import NOT_AUTHENTICATED, SCOPE_MISSING, UNAVAILABLE, Refused
from producers.access.keyring import KeysUnknown
from producers.access.parties import Caller, Scope

#: Returns whose key a token is, or none. Raises `KeysUnknown` while nobody knows which keys are good.
Who = Callable[[str], Caller | None]
_CHALLENGE = ((b"www-authenticate", b'Bearer realm="pishkhan"'),)


def caller_of(headers: Mapping[bytes, bytes], who: Who) -> Caller:
    """Return who calls. Raises `Refused`."""
    scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
    if scheme.lower() == b"bearer":
        try:
            caller = who(token.strip().decode("ascii", "replace"))
        except KeysUnknown:
            raise Refused(UNAVAILABLE, "which keys are valid cannot be told at this moment") from None
        if caller is not None:
            return caller
    raise Refused(NOT_AUTHENTICATED, headers=_CHALLENGE)


def must_have(caller: Caller, scope: Scope) -> None:
    """Raise `Refused` when the caller's key was not given `scope`."""
    if not caller.may(scope):
        raise Refused(SCOPE_MISSING, f"the key was not given the scope {scope.value}")
