"""Foreign readers understand the OpenAPI document: a linter of others, and a generated client that compiles."""

import json
from pathlib import Path

import pytest

from kit import npm

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "docs" / "openapi.json"

OPTIONAL = "--default-non-nullable=false"  # a default makes a field of a request optional, not present

JOURNEY = """
import type { operations } from "./api";

type Body<T> = T extends { requestBody: { content: { "application/json": infer B } } } ? B : never;
type Answer<T, S extends number> =
  T extends { responses: { [K in S]: { content: { "application/json": infer A } } } } ? A : never;

const person: Body<operations["registerUser"]> = {
  email: "ada@example.org", nickname: "ada", password: "a long quiet evening",
};
declare function ask<T>(body?: unknown): T;

const user = ask<Answer<operations["registerUser"], 201>>(person);
const token = ask<Answer<operations["createApiToken"], 201>>({ name: "journey" });
const wanted: Body<operations["createVideo"]> = { upload_id: user.id, title: `A film by ${user.nickname}` };
const made = ask<Answer<operations["createVideo"], 201>>(wanted);
const page = ask<Answer<operations["listVideos"], 200>>();
const titles: string[] = page.items.map((video) => video.title);
const next: string | null = page.next ?? null;
const stream: string | null = made.playback ? made.playback.hls : null;
console.log(token.token.length, titles, next, stream, made.channel.handle);
"""


def test_a_linter_of_others_finds_nothing(tmp_path: Path) -> None:
    arguments = ("lint", DOCUMENT, "--config", HERE / "redocly.yaml", "--format", "json")
    done = npm.tool(HERE, "@redocly/cli/bin/cli.js", *arguments, cwd=tmp_path)
    found = json.loads(done.stdout)
    assert [f"{row['ruleId']}: {row['message']} {row['location'][0].get('pointer')}" for row in found["problems"]] == []
    assert done.returncode == 0


def test_the_linter_would_find_a_fault(tmp_path: Path) -> None:
    document = json.loads(DOCUMENT.read_text())
    del document["paths"]["/api/v1/videos"]["get"]["security"]
    broken = tmp_path / "openapi.json"
    broken.write_text(json.dumps(document))
    done = npm.tool(HERE, "@redocly/cli/bin/cli.js", "lint", broken, "--config", HERE / "redocly.yaml", cwd=tmp_path)
    assert done.returncode == 1


def test_generated_types_compile_strictly_and_carry_a_journey(tmp_path: Path) -> None:
    made = npm.tool(HERE, "openapi-typescript/bin/cli.js", DOCUMENT, "-o", tmp_path / "api.ts", OPTIONAL, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert _compiled(tmp_path, JOURNEY) == ""
    assert "'titel' does not exist" in _compiled(tmp_path, JOURNEY.replace("title:", "titel:"))


def _compiled(place: Path, source: str) -> str:
    """Return what the compiler complains about."""
    (place / "journey.ts").write_text(source)
    flags = ("--strict", "--noEmit", "--lib", "es2022,dom", "api.ts", "journey.ts")
    return npm.tool(HERE, "typescript/bin/tsc", *flags, cwd=place).stdout
