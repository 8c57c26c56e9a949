"""What the scenarios share: addresses, keys, and how a refusal is expected."""

import importlib
import os
import sys

KEY, SECRET = "testid", "testsecret"
REGION, BUCKET = "cn-hangzhou", "bkt"
ODD_KEY = "dir/a b~(1)*\u00e9+.qcow2"
PART = 200 * 1024


def need(*names):
    try:
        return [importlib.import_module(name) for name in names]
    except ImportError as error:
        print(f"missing: {error.name}")
        sys.exit(3)


def address(service):
    return os.environ[service]


def expect(code, call, *arguments, **named):
    """The call is refused with this code."""
    try:
        call(*arguments, **named)
    except Exception as error:  # every SDK has its own
        inner = getattr(error, "unwrap", lambda: error)() or error
        found = getattr(inner, "code", None) or getattr(inner, "error_code", None)
        if found is None and callable(getattr(inner, "get_error_code", None)):
            found = inner.get_error_code()
        assert found == code, f"{found} instead of {code}: {error}"
        return inner
    raise AssertionError(f"{code} was expected")


def pattern(size):
    """Bytes that do not repeat within a part."""
    return b"".join((index * 2654435761 & 0xFFFFFFFF).to_bytes(4, "big") for index in range(size // 4))


def token(name):
    """A temporary key: id, secret, token."""
    return [os.environ[f"{name}_ID"], os.environ[f"{name}_SECRET"], os.environ[name]]
