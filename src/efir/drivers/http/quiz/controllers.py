"""What the API has of the quiz."""

from efir.drivers.http.kernel.controllers import Controllers
from efir.drivers.http.quiz.clues import CluesController
from efir.drivers.http.quiz.questions import QuestionsController, QuizController

HANDLERS: Controllers = (QuestionsController, CluesController)

BESIDE_PAGES: Controllers = (QuizController,)
"""There is a page at the same address; the framework joins the two inside one router only."""
