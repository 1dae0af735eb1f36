"""`POST /user` as such services are usually written: Flask, SQLAlchemy's ORM, psycopg; one session a request."""

import os
import uuid

from flask import Flask, Response, jsonify, request
from sqlalchemy import ForeignKey, String, create_engine
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    """Tables of the peer."""


class User(Base):
    """Somebody with a name."""

    __tablename__ = "peer_user"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    tokens: Mapped[list["Token"]] = relationship(back_populates="user")


class Token(Base):
    """An access token."""

    __tablename__ = "peer_token"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("peer_user.id"))
    token: Mapped[str] = mapped_column(String(36), unique=True)
    user: Mapped[User] = relationship(back_populates="tokens")


def create_app() -> Flask:
    """Make the application and its tables."""
    engine = create_engine(os.environ["PEER_DATABASE"], pool_size=4)
    Base.metadata.create_all(engine)
    app = Flask(__name__)

    @app.post("/user")
    def user() -> tuple[Response, int]:
        data = request.get_json()
        name = data.get("name", "").strip() if isinstance(data, dict) else ""
        if not 1 <= len(name) <= 50:
            return jsonify(error="name"), 422
        with Session(engine) as session:
            made = User(name=name)
            token = Token(user=made, token=str(uuid.uuid4()))
            session.add_all([made, token])
            try:
                session.commit()
            except IntegrityError:
                return jsonify(error="taken"), 409
            return jsonify(id=str(made.id), token=token.token), 201

    return app
