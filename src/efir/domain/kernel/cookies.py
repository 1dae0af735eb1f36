"""Names of cookies."""

PLACE = "place"
"""The secret of an impersonation; it counts beside the cookie of the login session it was started from."""

BACK = "back"
"""The page somebody wanted before they began to register, percent-encoded."""

DEVICE = "device"
"""The mark of a browser that somebody has signed in from."""

DEVICE_SECONDS = 400 * 86_400  # the longest that browsers keep a cookie


def cookie_name(name: str, *, origin: str) -> str:
    """Return the prefix a cookie where the connection is safe: browsers then refuse one set by a sibling domain."""
    return f"__Host-{name}" if origin.startswith("https:") else name
