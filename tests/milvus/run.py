#!/usr/bin/env python3
"""Whether docent answers from Milvus as it does from its index file.

    tests/milvus/run.py PROGRAMS [--kills N] [--docs DIR --questions FILE]...

PROGRAMS is the folder of docent and build-index, compiled with the feature `milvus`. Runs in the Python that has
requirements.txt, whose milvus-lite is started on loopback with fresh data and stopped at the end. Every
expectation is exact, but that scores may differ by 1e-5; the first that fails ends the run. A kill test kills the
client and the server in turn, N times, in the middle of a build.
"""

import argparse
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What two answers may differ in: measured anew each time, or not known of a store.
NOT_COMPARED = ("timings_ms", "docs", "stale")
TOLERANCE = 1e-5
# Longest that any command may take, in seconds: attempts and pauses end long before.
BOUND = 180


def fail(what):
    sys.exit(f"FAILED: {what}")


def expect(what, found, expected):
    if found != expected:
        fail(f"{what}: {found!r}, expected {expected!r}")


def difference(a, b, where=""):
    """The first place in which two answers differ, or None."""
    if isinstance(a, dict) and isinstance(b, dict):
        keys = [key for key in {**a, **b} if where or key not in NOT_COMPARED]
        found = (difference(a.get(key), b.get(key), f"{where}/{key}") for key in keys)
    elif isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        found = (difference(x, y, f"{where}/{i}") for i, (x, y) in enumerate(zip(a, b)))
    elif isinstance(a, float) and isinstance(b, float):
        return None if abs(a - b) <= TOLERANCE else f"{where}: {a} and {b}"
    else:
        return None if a == b else f"{where}: {a!r} and {b!r}"
    return next((place for place in found if place), None)


class Server:
    """milvus-lite on a port of its own."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()

    def start(self):
        program = Path(sys.executable).parent / "milvus-lite"
        with open(self.folder / "server.log", "ab") as log:
            command = [program, "server", "--data-dir", self.folder / "data", "--host", "127.0.0.1"]
            self.process = subprocess.Popen([*command, "--port", str(self.port)], stdout=log, stderr=log)
        for _ in range(600):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.05)
        fail(f"the server did not start: {(self.folder / 'server.log').read_text()}")

    def kill(self):
        self.process.kill()
        self.process.wait()

    def url(self, collection, port=None):
        return f"milvus://127.0.0.1:{port or self.port}/default/{collection}"


class Programs:
    def __init__(self, folder):
        self.docent, self.build_index = (str(folder / name) for name in ("docent", "build-index"))

    def run(self, *command, stdin=""):
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=BOUND)

    def build(self, docs, index, url=None):
        store = ["--store", url] if url else []
        done = self.run(self.build_index, str(docs), "-o", str(index), "--update", *store)
        if done.returncode:
            fail(f"build of {docs}: {done.stderr}")
        return done.stderr

    def start_build(self, docs, index, url):
        command = [self.build_index, str(docs), "-o", str(index), "--update", "--quiet", "--store", url]
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def answers(self, source, questions, *options):
        done = self.run(self.docent, "--batch", "--explain", *source, *options, stdin="\n".join(questions) + "\n")
        if done.returncode:
            fail(f"{source}: {done.stderr}")
        return [json.loads(line) for line in done.stdout.splitlines()]


def questions_of(path):
    """The questions of a file, each on one line, as `--batch` reads them."""
    return [" ".join(json.loads(line)["question"].split()) for line in open(path) if line.strip()]


def same_answers(programs, index, url, questions, *options):
    """How many answers from index and store were compared, none of which differs."""
    options = ("--exact", *options)
    file = programs.answers(["--index", str(index)], questions, *options)
    store = programs.answers(["--store", url], questions, *options)
    expect("answers", (len(file), len(store)), (len(questions), len(questions)))
    for question, a, b in zip(questions, file, store):
        if place := difference(a, b):
            fail(f"{question!r} {options}: {place}")
    speed("file", file)
    speed("store", store)
    return len(questions)


def speed(what, answers):
    """Prints how long searches took, in milliseconds."""
    if len(answers) >= 100:
        took = sorted(answer["timings_ms"]["total"] for answer in answers)
        p50, p99 = took[len(took) // 2], took[len(took) * 99 // 100]
        print(f"  {what}: p50 {p50:.1f} ms, p99 {p99:.1f} ms", flush=True)


def rows(server, collection):
    """All rows of a store but its catalogue, by id and without the version that wrote them."""
    from pymilvus import MilvusClient

    client = MilvusClient(f"http://127.0.0.1:{server.port}")
    found = {}
    for name in (collection, f"{collection}_sections"):
        for row in client.query(name, filter="added >= 0", output_fields=["*"], limit=16384):
            row.pop("added")
            row = {key: [float(x) for x in value] if key == "vector" else value for key, value in row.items()}
            found[name.removeprefix(collection), row["id"]] = row
    client.close()
    return found


def formats(programs, index, url):
    """Every format but JSON is the same to the byte; a refused question ends as it does with the file."""
    for question in ("How do I add pagination?", "Which visa does a sailor need?"):
        for options in (["--format", "text"], ["--format", "paths"], ["--format", "context", "--budget", "4000"]):
            a, b = (
                programs.run(programs.docent, question, "--exact", *source, *options)
                for source in (["--index", str(index)], ["--store", url])
            )
            expect(f"{question} {options}", (b.returncode, b.stdout), (a.returncode, a.stdout))


def refusals(programs, server, url):
    """Each fault is an error with its exit code and a hint, in bounded time."""
    from pymilvus import DataType, MilvusClient

    def refused(what, code, message, *options):
        start = time.monotonic()
        done = programs.run(programs.docent, "pagination", *options)
        text = done.stderr
        if done.returncode != code or message not in text or "hint: " not in text or done.stdout:
            fail(f"{what}: exit {done.returncode}, {text}")
        return time.monotonic() - start

    refused("nothing there", 3, "there are no docs in", "--store", server.url("nothing"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        took = refused("no server", 2, "cannot reach", "--store", server.url("a", free.getsockname()[1]))
    if took > 30:
        fail(f"a server that is away took {took:.0f} s")
    silent = socket.create_server(("127.0.0.1", 0))
    took = refused("silence", 2, "cannot reach", "--store", server.url("a", silent.getsockname()[1]))
    silent.close()
    if took > 60:
        fail(f"a server that says nothing took {took:.0f} s")
    client = MilvusClient(f"http://127.0.0.1:{server.port}")
    schema = client.create_schema()
    schema.add_field("id", DataType.INT64, is_primary=True)
    schema.add_field("vector", DataType.FLOAT_VECTOR, dim=4)
    client.create_collection("foreign", schema=schema)
    client.close()
    done = programs.run(programs.build_index, str(ROOT / "docs"), "-o", "foreign.idx", "--store", server.url("foreign"))
    if done.returncode != 2 or "is none of docent's" not in done.stderr:
        fail(f"a foreign collection: exit {done.returncode}, {done.stderr}")
    other = Path("other-model")
    shutil.copytree(ROOT / "models/all-MiniLM-L6-v2", other)
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "model": "other"}))
    refused("another model", 6, "other", "--store", url, "--model", str(other))
    usage = programs.run(programs.docent, "pagination", "--store", "milvus://nowhere")
    expect("an address that is none", usage.returncode, 2)


class SlowProxy:
    """Passes on what it gets, each piece after a pause."""

    def __init__(self, port, pause):
        self.port_behind, self.pause = port, pause
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            server = socket.create_connection(("127.0.0.1", self.port_behind))
            for a, b in ((client, server), (server, client)):
                threading.Thread(target=self.pass_on, args=(a, b), daemon=True).start()

    def pass_on(self, a, b):
        try:
            while piece := a.recv(1 << 16):
                time.sleep(self.pause)
                b.sendall(piece)
        except OSError:
            pass
        for end in (a, b):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def changed_docs(folder, seed):
    """A copy of the docs in which some sections are other ones, some are new and some are gone."""
    docs = folder / "changed"
    shutil.rmtree(docs, ignore_errors=True)
    shutil.copytree(ROOT / "docs", docs)
    chance = random.Random(seed)
    sections = sorted(path for path in docs.glob("*.md") if path.name != "INDEX.md")
    for path in chance.sample(sections, 6):
        path.write_text(path.read_text() + f"\n## Appendix {seed}\n\nThe {seed}th remark about {path.stem}.\n")
    for path in chance.sample(sections, 2):
        path.unlink()
    for i in range(20):
        (docs / f"new-{i}.md").write_text(f"# Remark {i}\n\n" + f"Remark {seed} of {i} is about valves.\n\n" * 40)
    return docs


def kills(programs, server, folder, count):
    """Builds whose client or server is killed: the old version answers until the new one is whole, and the
    build that is started again makes what a fresh one makes."""
    url, index = server.url("killed"), folder / "killed.idx"
    questions = questions_of(ROOT / "tests/data/questions/docs-dev.jsonl")[:3]
    programs.build(ROOT / "docs", index, url)
    chance = random.Random(20)
    interrupted = 0
    for i in range(count):
        before = programs.answers(["--store", url], questions, "--exact")
        docs = changed_docs(folder, i)
        # The file is there already, so that the kill meets the publication.
        programs.build(docs, index)
        start = time.monotonic()
        build = programs.start_build(docs, index, url)
        time.sleep(chance.uniform(0.1, 1.2))
        if i % 2:
            server.kill()
            server.start()
        else:
            build.kill()
        build.wait(timeout=BOUND)
        interrupted += build.returncode != 0
        now = programs.answers(["--store", url], questions, "--exact")
        fresh = programs.answers(["--index", str(index)], questions, "--exact")
        for a, old, new in zip(now, before, fresh):
            if difference(a, old) and difference(a, new):
                fail(f"kill {i}: neither the old answer nor the new one: {difference(a, old)}; {difference(a, new)}")
        programs.build(docs, index, url)
        same_answers(programs, index, url, questions)
        if i % 10 == 9 or i == count - 1:
            programs.build(docs, folder / "fresh.idx", server.url(f"fresh_{i}"))
            expect(f"rows after kill {i}", rows(server, "killed") == rows(server, f"fresh_{i}"), True)
        print(f"kill {i + 1} of {count}: {time.monotonic() - start:.1f} s", flush=True)
    print(f"{count} kills, of which {interrupted} ended a build")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", type=Path)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--docs", type=Path, action="append", default=[])
    parser.add_argument("--questions", type=Path, action="append", default=[])
    args = parser.parse_args()
    programs = Programs(args.programs.resolve())
    docs_and_questions = [(docs.resolve(), questions.resolve()) for docs, questions in zip(args.docs, args.questions)]
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        os.chdir(folder)
        server = Server(folder)
        try:
            check(programs, server, folder, docs_and_questions, args.kills)
        finally:
            server.process.send_signal(signal.SIGTERM)
            server.process.wait(timeout=30)
    print("Milvus: as expected")


def check(programs, server, folder, docs_and_questions, num_kills):
    index, url = folder / "docs.idx", server.url("docs")
    said = programs.build(ROOT / "docs", index, url)
    if " has version 1: " not in said:
        fail(f"the first version: {said}")
    first = programs.answers(["--store", url], ["How do I add pagination?"])
    said = programs.build(ROOT / "docs", index, url)
    if " has version 1: 0 of " not in said or " 0 sections were removed" not in said:
        fail(f"the same docs again: {said}")
    names = ("docs-dev", "docs-harm", "docs-test")
    asked = [q for name in names for q in questions_of(ROOT / f"tests/data/questions/{name}.jsonl")]
    compared = same_answers(programs, index, url, asked)
    compared += same_answers(programs, index, url, asked[:20], "--no-hints")
    compared += same_answers(programs, index, url, asked[:20], "--in", "build-*.md")
    compared += same_answers(programs, index, url, asked[:20], "--in", "ref-sdk.md")
    print(f"docs: {compared} answers are those of the file", flush=True)
    formats(programs, index, url)
    for i, (docs, questions) in enumerate(docs_and_questions):
        index_of_docs, url_of_docs = folder / f"{i}.idx", server.url(f"more_{i}")
        start = time.monotonic()
        programs.build(docs, index_of_docs)
        middle = time.monotonic()
        print(programs.build(docs, index_of_docs, url_of_docs).strip().splitlines()[-1])
        end = time.monotonic()
        print(f"{docs.name}: {middle - start:.1f} s for the file, {end - middle:.1f} s to publish", flush=True)
        compared = same_answers(programs, index_of_docs, url_of_docs, questions_of(questions))
        print(f"{docs.name}: {compared} answers are those of the file", flush=True)
    proxy = SlowProxy(server.port, 0.1)
    slow = programs.answers(["--store", server.url("docs", proxy.port)], ["How do I add pagination?"])
    if place := difference(first[0], slow[0]):
        fail(f"through a slow proxy: {place}")
    refusals(programs, server, url)
    print("faults: as expected", flush=True)
    kills(programs, server, folder, num_kills)


if __name__ == "__main__":
    main()
