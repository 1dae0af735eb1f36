# Recipes of Efir. `python3 start.py RECIPE` installs what they need first; so does each of them.

set positional-arguments

bin := justfile_directory() / ".venv/bin"
cooldown := "3 days"  # packages younger than this are not taken into the locks
patience := "7200"  # seconds for one test of a slow suite in its full form

# list the recipes
@list:
    "{{ just_executable() }}" --justfile "{{ justfile() }}" --list --unsorted

# install Efir and the development tools into .venv
[group("run")]
@setup:
    python3 start.py setup

# install what is missing and run the whole service (flags of `efir up`)
[group("run")]
@up *flags:
    exec python3 start.py up "$@"

# bring the database to the newest schema (flags of `efir migrate`)
[group("run")]
migrate *flags: setup
    "{{ bin }}/efir" migrate "$@"

# every test but the slow ones, three workers for two cores: many wait for other processes (arguments of pytest)
[group("check")]
test *args: setup
    "{{ bin }}/pytest" -p no:faker -p no:schemathesis -n $(({{ num_cpus() }} * 3 / 2)) --dist loadfile --no-loadscope-reorder -m "not slow" "$@"

# the tests that need no server, in two halves: what reads all of the source, and the rest (arguments of pytest)
[group("check")]
fast *args: setup
    #!/usr/bin/env bash
    run() {  # 5: -k has left nothing of one half
      SERVERLESS=1 "{{ bin }}/pytest" -q -p no:faker -p no:schemathesis -p no:xdist --hypothesis-profile fast "$@" || [ $? = 5 ]
    }
    run tests/architecture --ignore-glob '*/test_[cde]*' "$@" &
    run tests/architecture/test_[cde]*.py tests/*/test_rules.py tests/*/test_*_rules.py "$@"
    domain=$?
    wait $! && exit $domain

# what CI asks for: lint, types, contracts, generated documents, tests
[group("check")]
check: lint types contracts documents test

# formatting and lint rules
[group("check")]
lint: setup
    "{{ bin }}/ruff" format --check .
    "{{ bin }}/ruff" check .

# strict types; without a cache, which does not notice that an adapter has ceased to fit its port
[group("check")]
types: setup
    "{{ bin }}/mypy" --cache-dir=/dev/null
    "{{ bin }}/mypy" start.py hatch_build.py docs/generate.py

# layers and declared dependencies
[group("check")]
contracts: setup
    "{{ bin }}/lint-imports" --no-cache
    "{{ bin }}/deptry" src

# fail when a generated document differs from the code
[group("check")]
documents: setup
    "{{ bin }}/python" docs/generate.py --check

# kill processes and servers while they work, lose nothing (effort: full or short)
[group("slow")]
chaos effort="full" *args: setup
    shift || true; EFFORT={{ effort }} {{ if effort == "full" { "PYTEST_TIMEOUT=" + patience } else { "" } }} "{{ bin }}/pytest" -m "slow and not browser" tests/chaos tests/embedded tests/cli tests/quiz tests/migrations tests/accounts tests/kernel "$@"

# every example of the media tests, of which `just test` tries some
[group("slow")]
media *args: setup
    "{{ bin }}/pytest" -n $(({{ num_cpus() }} * 3 / 2)) -m slow tests/processing tests/audio tests/pictures "$@"

# foreign clients and validators against the running service (effort: full or short)
[group("slow")]
conformance effort="full" *args: setup
    shift || true; EFFORT={{ effort }} {{ if effort == "full" { "PYTEST_TIMEOUT=" + patience } else { "" } }} "{{ bin }}/pytest" -n {{ num_cpus() }} --dist loadfile -m slow tests/conformance tests/documents "$@"

# measure against references in the same run; fails when a ratio is missed (effort: full or short; names of benches)
[group("slow")]
bench effort="full" *names: setup
    #!/usr/bin/env bash
    set -euo pipefail
    shift || true
    export PATH="$PATH:/usr/sbin"  # where Debian keeps nginx
    cd tests
    missed=0
    for program in $(grep -l "__main__" bench/*.py); do
      name=$(basename "$program" .py)
      [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
      EFFORT={{ effort }} "{{ bin }}/python" -m "bench.$name" --check || missed=1
    done
    exit $missed

# plant faults in a copy, one at a time: a test must fail for each (effort: full or short; --only EXPRESSION, --generated N, --seed N)
[group("slow")]
mutants effort="full" *args: setup
    shift || true; cd tests && exec "{{ bin }}/python" -m mutants --effort {{ effort }} "$@"

# build the images from Debian packages, start compose.yaml, use it, lose it, find everything again (needs root, podman)
[group("slow")]
containers *args: setup
    cd tests && exec "{{ bin }}/python" -m containers "$@"

# every page in both languages, by day and by night, wide and on a phone; every point of a form (effort: full or short)
[group("slow")]
pages effort="full" *args: setup
    shift || true; EFFORT={{ effort }} "{{ bin }}/pytest" -n auto -m "slow and browser" --ignore tests/browser/screenshots tests/browser "$@"

# pictures of every page into tests/screenshots
[group("slow")]
screenshots *args: setup
    "{{ bin }}/pytest" -m slow tests/browser/screenshots "$@"

# format and mend what the linter can mend
[group("write")]
fmt: setup
    "{{ bin }}/ruff" format .
    "{{ bin }}/ruff" check --fix .

# write docs/openapi.json, .env.example and the reference pages from the code
[group("write")]
openapi: setup
    "{{ bin }}/python" docs/generate.py

# resolve dependencies again, keeping what still fits (arguments of uv: --upgrade, --upgrade-package NAME)
[group("write")]
lock *args: setup
    #!/usr/bin/env bash
    set -euo pipefail
    resolve() {
      "{{ bin }}/uv" pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --quiet \
        --no-emit-index-url --no-annotate --no-header --exclude-newer "{{ cooldown }}" "$@"
    }
    resolve --group dev --output-file requirements-dev.lock "$@"
    resolve --constraints requirements-dev.lock --output-file requirements.lock
    for folder in src/efir/drivers/web tests/kit tests/conformance; do
      (cd "$folder" && "{{ bin }}/npm" install --package-lock-only --ignore-scripts --omit-lockfile-registry-resolved)
    done
    if grep -nE '://|index-url|find-links' requirements*.lock || git grep -n '"resolved"' -- '*package-lock.json'; then
      echo "an address is named in a lock file" >&2
      exit 1
    fi
