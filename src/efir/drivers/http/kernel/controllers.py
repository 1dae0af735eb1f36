"""What an area of the API contributes."""

from litestar import Controller

Controllers = tuple[type[Controller], ...]
