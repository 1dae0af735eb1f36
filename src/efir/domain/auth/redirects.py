"""Safe redirects after sign-in: only paths of this site, in no form that a browser could take for another host."""

import re

MAX_BACK = 600  # characters
_PATH = re.compile(r"/(?!/)[A-Za-z0-9._~!$&'()*+,;=:@%/-]*(?:\?[A-Za-z0-9._~!$&'()*+,;=:@%/?-]*)?")
_HIDDEN = re.compile(r"%(?:2f|5c|0[0-9a-f]|1[0-9a-f]|7f)", re.IGNORECASE)


def local_path(text: str | None) -> str:
    """Return `text` if it is a path of this site, with its query; otherwise return the main page.

    Other hosts can hide behind `//`, backslashes, control characters and their encoded forms, so none of them is
    accepted in the path.
    """
    path = text or ""
    if len(path) > MAX_BACK or not _PATH.fullmatch(path) or _HIDDEN.search(path.partition("?")[0]):
        return "/"
    return path if "//" not in path.partition("?")[0] else "/"
