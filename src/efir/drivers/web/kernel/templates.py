"""Jinja2 templates, one environment per language; what is missing is an error, everything is escaped."""

from collections.abc import Callable
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any

from babel.core import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from efir.domain.videos.video import VideoState
from efir.drivers.web.kernel import failure_messages, formats, i18n, labels
from efir.drivers.web.kernel.assets import Assets

HERE = Path(__file__).parents[1]  # templates, texts and scripts lie beside the areas
WORKING = frozenset({VideoState.UPLOADED, VideoState.PROCESSING, VideoState.PLAYABLE})


class Templates:
    """Renders a page in a language."""

    def __init__(self, assets: Assets) -> None:
        self._catalogues = {language: i18n.catalogue(HERE / "locale", language) for language in i18n.LANGUAGES}
        self._environments = {
            language: _environment(language, words, assets) for language, words in self._catalogues.items()
        }

    def render(self, name: str, language: str, **data: Any) -> str:
        """Render a page."""
        return self._environments[language].get_template(name).render(lang=language, **data)

    def words(self, language: str) -> NullTranslations:
        """Give the texts of a language."""
        return self._catalogues[language]


def _environment(language: str, words: NullTranslations, assets: Assets) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
        auto_reload=False,
    )
    environment.install_gettext_translations(words, newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    environment.globals.update(asset=assets.address, languages=list(i18n.LANGUAGES.items()))
    locale = Locale.parse(language)
    environment.tests["working"] = lambda video: video.state in WORKING and video.failure is None
    environment.filters.update(
        age=_age(locale),
        exact=lambda moment: formats.exact(moment, locale),
        day=lambda moment: formats.day(moment, locale),
        stamp=formats.stamp,
        clock=formats.clock,
        count=lambda number: formats.count(number, locale),
        size=lambda amount: formats.size(amount, locale),
        level=lambda decibels: formats.level(decibels, locale),
        failure=lambda code: failure_messages.of_failure(code, words),
        outcome=lambda name: labels.label_of(name, labels.OUTCOMES, words),
        method=lambda name: labels.label_of(name, labels.METHODS, words),
        meaning=lambda text: labels.label_of(text, labels.MEANINGS, words),
    )
    return environment


def _age(locale: Locale) -> Callable[[Context, datetime], str]:
    @pass_context
    def age(context: Context, moment: datetime) -> str:
        return formats.age(moment, context["now"], locale)

    return age
