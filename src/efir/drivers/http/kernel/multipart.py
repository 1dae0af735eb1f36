"""Forms with a file, read as they arrive: the file's bytes go on at once, the other fields are kept."""

from collections.abc import AsyncIterator, Awaitable, Callable

from multipart import MultipartError, MultipartSegment, PushMultipartParser, parse_options_header

from efir.domain.kernel.errors import Malformed, UnsupportedMedia

FIELD_BYTES, MAX_PARTS = 4096, 32
FORM = "multipart/form-data"


class SentForm:
    """A form whose file is in one of the fields `files`; the fields may come before and after it."""

    def __init__(self, content_type: str, body: AsyncIterator[bytes], *, files: frozenset[str]) -> None:
        """Raises UnsupportedMedia when the body is no form, Malformed when it cannot be taken apart."""
        kind, options = parse_options_header(content_type)
        if kind.lower() != FORM:
            raise UnsupportedMedia(f"Send the fields as {FORM}.")
        self._body, self._files = body, files
        try:
            self._parser = PushMultipartParser(options.get("boundary", ""), max_segment_count=MAX_PARTS)
        except MultipartError as error:
            raise Malformed(f"The form cannot be read: {error}.") from error
        self.fields: dict[str, str] = {}
        self.filename = ""
        self.sent = 0
        self._raw: dict[str, bytearray] = {}
        self._name, self._in_file = "", False

    async def chunks(self, at_file: Callable[[], Awaitable[None]]) -> AsyncIterator[bytes]:
        """Give the file's bytes; `at_file` runs before the first, with the fields that came so far.

        Raises Malformed, and what `at_file` and the body raise.
        """
        try:
            async for chunk in self._body:
                for event in self._parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        if self._begins_file(event):
                            await at_file()
                    elif event is None:
                        self._end_part()
                    elif self._in_file:
                        yield bytes(event)
                    else:
                        self._keep(bytes(event))
            self._parser.close()
        except MultipartError as error:
            raise Malformed(f"The form cannot be read: {error}.") from error

    def field(self, *names: str) -> str | None:
        """The first of several names that was sent."""
        return next((self.fields[name] for name in names if name in self.fields), None)

    def _begins_file(self, part: MultipartSegment) -> bool:
        self._name, self._in_file = part.name or "", part.name in self._files
        if not self._in_file:
            self._raw.setdefault(self._name, bytearray())
            return False
        self.sent += 1
        if self.sent > 1:
            raise Malformed("Send one file.")
        self.filename = part.filename or ""
        return True

    def _keep(self, content: bytes) -> None:
        held = self._raw[self._name]
        held += content
        if len(held) > FIELD_BYTES:
            raise Malformed(f"A field has at most {FIELD_BYTES} bytes.")

    def _end_part(self) -> None:
        if not self._in_file and self._name not in self.fields:
            try:
                self.fields[self._name] = self._raw[self._name].decode()
            except UnicodeDecodeError as error:
                raise Malformed("A field is not UTF-8.") from error
