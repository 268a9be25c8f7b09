#!/usr/bin/env python3
"""What the official Python client of the Model Context Protocol sees of docent.

    tests/clients/mcp_client.py DOCENT INDEX [URL]

Starts `docent mcp` over standard input and output in both eras of the protocol; with a URL, talks to the
server that runs there too. Every expectation is exact; the first that fails ends the run.
"""

import asyncio
import json
import subprocess
import sys
import time

from mcp import Client, MCPError, StdioServerParameters

QUESTION = "How do I implement pagination?"


def expect(condition, what):
    if not condition:
        sys.exit(f"FAILED: {what}")


async def check(name, client, era):
    expect(client.server_info.name == "docent", "the server's name")
    expect((client.protocol_version >= "2026-07-28") == (era != "legacy"), f"era {client.protocol_version}")
    expect(0 < len(client.instructions) <= 512, f"instructions of {len(client.instructions)} characters")
    tools = (await client.list_tools()).tools
    expect([tool.name for tool in tools] == ["search_docs", "read_docs"], "two tools")
    for tool in tools:
        expect(len(tool.description.encode()) < 2_000, f"description of {tool.name}")
        expect(tool.annotations.read_only_hint is True, f"{tool.name} only reads")
        expect(tool.output_schema is None, f"{tool.name} has no structured output")
        for parameter, schema in tool.input_schema["properties"].items():
            expect(schema["type"] == "string", f"{tool.name} {parameter} is a plain string")
    others = [tool.name for tool in tools]
    for tool in tools:
        named = [other for other in others if other != tool.name and other in tool.description]
        expect(not named, f"{tool.name} names {named}")

    async def call(tool, arguments, is_error=False):
        result = await client.call_tool(tool, arguments)
        expect(bool(result.is_error) == is_error, f"{tool} {arguments}: {result}")
        expect(result.structured_content is None and len(result.content) == 1, "one text block")
        return result.content[0].text

    answer = await call("search_docs", {"query": QUESTION})
    expect(answer.startswith("answered, confidence "), answer)
    expect("\n@@@ build-pagination.md:" in answer, answer)
    # What models write in the place of a parameter, and what they fill in.
    for arguments in ({"question": QUESTION}, {"q": QUESTION, "in": ""}, {"query": [QUESTION], "in": "null"}):
        expect(await call("search_docs", arguments) == answer, f"{arguments} means the same")
    limited = await call("search_docs", {"query": QUESTION, "limit": 3})
    expect(limited == f"ignored: limit; the parameters are query, in and where\n{answer}", limited)
    several = await call("search_docs", {"query": f"{QUESTION}\nWhat is a grant?"})
    expect(several.startswith(f"question 1: {QUESTION}\n") and "\nquestion 2: What is a grant?\n" in several, several)
    within = await call("search_docs", {"query": QUESTION, "in": "ref-*.md"})
    expect("build-pagination.md:" not in within and "@@@ ref-sdk.md:" in within, within)
    nothing = await call("search_docs", {"query": "Which visa does a sailor need?"})
    expect(nothing.startswith("no section of these docs answers this"), nothing)

    location = answer.split("@@@ ")[2].split("  ")[0] if "@@@ " in answer else ""
    text = await call("read_docs", {"location": "build-pagination.md:1-5"})
    expect(text.split("\n")[2] == "# Pagination", text)
    expect(await call("read_docs", {"path": "build-pagination.md:1-5"}) == text, "path is a location")
    heading = await call("read_docs", {"location": "ref-sdk.md#pagination-types"})
    expect(heading.split("\n")[2] == "## Pagination types", heading)
    expect(location, "an answer names a location")
    await call("read_docs", {"location": location})

    for tool, arguments, words in (
        ("search_docs", {}, "no question"),
        ("search_docs", {"query": "  "}, "no question"),
        ("search_docs", {"query": QUESTION, "in": "nowhere/"}, "no section in nowhere/"),
        ("read_docs", {}, "no location"),
        ("read_docs", {"location": "../../etc/passwd"}, "no section ../../etc/passwd"),
        ("read_docs", {"location": "/etc/passwd"}, "no section /etc/passwd"),
        ("read_docs", {"location": "build-pagination.md:0-5"}, "no lines"),
        ("read_docs", {"location": "INDEX.md"}, "is a guide"),
    ):
        error = await call(tool, arguments, is_error=True)
        expect(error.startswith("error: ") and words in error and "\nhint: " in error, error)
    try:
        await client.call_tool("delete_docs", {})
        sys.exit("FAILED: a tool that is not there")
    except MCPError as error:
        expect("no tool delete_docs" in str(error), str(error))
    for listed in (client.list_prompts, client.list_resources, client.list_resource_templates):
        result = (await listed()).model_dump()
        expect([value for value in result.values() if isinstance(value, list)] == [[]], f"{listed.__name__} is empty")
    # Calls at once are answered each with its own.
    answers = await asyncio.gather(*(call("search_docs", {"query": QUESTION}) for _ in range(20)))
    expect(set(answers) == {answer}, "the same answer twenty times")
    print(f"{name}, {era}, {client.protocol_version}: as expected")


def first_answer(docent, index):
    """Milliseconds from the start of the process to its first answer: the least of ten, since others run too."""
    initialize = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "0"},
        },
    }
    times = []
    for _ in range(10):
        start = time.perf_counter()
        process = subprocess.Popen(
            [docent, "mcp", "--index", index], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        process.stdin.write(json.dumps(initialize) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        times.append((time.perf_counter() - start) * 1e3)
        expect(answer["result"]["serverInfo"]["name"] == "docent", "the first answer")
        rest, _ = process.communicate(timeout=10)
        expect((rest, process.returncode) == ("", 0), "it ends with its input, and says nothing more")
    print(f"first answer after {min(times):.0f} ms, median {sorted(times)[5]:.0f} ms")


async def main(docent, index, *urls):
    server = StdioServerParameters(command=docent, args=["mcp", "--index", index])
    for era in ("auto", "legacy"):
        async with Client(server, mode=era) as client:
            await check("stdio", client, era)
        for url in urls:
            async with Client(url, mode=era) as client:
                await check("http", client, era)
    first_answer(docent, index)


asyncio.run(main(*sys.argv[1:]))
