"""The reference of the quiz bench: the same task by Flask and SQLAlchemy, as such services are usually written."""

import os
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Flask, jsonify, request
from sqlalchemy import create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

SOURCE = os.environ.get("PEER_SOURCE", "")


class Base(DeclarativeBase):
    """Declarations of the peer."""


class Question(Base):
    """A question of the peer; the text is looked up before each insert, as its index allows."""

    __tablename__ = "peer_questions"
    id: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[str] = mapped_column(unique=True)
    answer: Mapped[str]
    created_at: Mapped[str]
    saved_at: Mapped[datetime]


def application() -> Flask:
    """Make the WSGI application; one kept connection to the source, one pool to the database."""
    app = Flask("peer")
    url = os.environ["EFIR_DATABASE__URL"].replace("postgresql://", "postgresql+psycopg://", 1)
    engine = create_engine(url, pool_size=8)
    Base.metadata.create_all(engine)
    source = requests.Session()

    @app.post("/quiz")
    def quiz() -> Any:
        wanted = request.get_json()["questions_num"]
        if not isinstance(wanted, int) or not 1 <= wanted <= 100:
            return jsonify(error="questions_num"), 422
        with Session(engine) as session:
            previous = session.scalars(select(Question).order_by(Question.id.desc()).limit(1)).first()
            told = (
                {}
                if previous is None
                else {
                    "id": previous.id,
                    "question": previous.question,
                    "answer": previous.answer,
                    "created_at": previous.created_at,
                }
            )
            for _ in range(wanted):
                session.add(new_question(session, source))
                session.flush()
            session.commit()
        return jsonify(told)

    return app


def new_question(session: Session, source: requests.Session) -> Question:
    """Ask until the source gives a question that is not stored."""
    while True:
        clue = source.get(f"{SOURCE}/api/random?count=1", timeout=5).json()[0]
        if session.scalars(select(Question).where(Question.question == clue["question"])).first() is None:
            return Question(
                question=clue["question"], answer=clue["answer"], created_at=clue["created_at"],
                saved_at=datetime.now(UTC),
            )  # fmt: skip
