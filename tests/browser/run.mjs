// The search page in a real browser: `node run.mjs DOCENT BUILD_INDEX DOCS [SCREENSHOTS]`.
//
// Needs Chromium (CHROMIUM, else /usr/bin/chromium), and playwright-core and axe-core, which are looked for
// where this runs. Indexes a copy of DOCS with hostile sections added, serves it on a free port, and asks it as
// a reader would. Every page that is opened is watched: an error on the console, a request to
// elsewhere, or a dialog fails the run. With SCREENSHOTS, a folder, pictures are left there.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [docent, buildIndex, docs, screenshots] = process.argv.slice(2);
if (!docs) throw new Error("give DOCENT, BUILD_INDEX and DOCS");
const require = createRequire(join(process.cwd(), "run.mjs"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
];

const EVIL = `# Zebra <img src=x onerror="document.title='owned'">

Zebra stripes <script>document.title='owned'</script> are <a href="javascript:document.title='owned'">here</a>
<iframe src="https://evil.example/"></iframe> <style>body{display:none}</style>
![a zebra](https://evil.example/zebra.png) [zebra](javascript:document.title='owned')
<form action="https://evil.example/"><input name="zebra"><button>zebra</button></form>
</main></body><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example/">

## Zebra \`</span><img src=x onerror=document.title='owned'>\`

| zebra | <img src=x onerror="document.title='owned'"> |
|---|---|
| stripes | <svg onload="document.title='owned'"></svg> |
`;

const folder = mkdtempSync(join(tmpdir(), "docent-browser-"));
let server;
let browser;
const watched = [];

/** A page of its own context, watched. */
async function open(path, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 }, ...options });
  context.on("request", (request) => {
    const { protocol, origin } = new URL(request.url());
    if (origin !== base && protocol !== "data:") watched.push(`a request to ${request.url()}`);
  });
  const page = await context.newPage();
  page.on("pageerror", (error) => watched.push(`${error}`));
  page.on("dialog", (dialog) => watched.push(`a dialog: ${dialog.message()}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) watched.push(`on the console: ${message.text()}`);
  });
  await page.goto(base + path);
  return page;
}

/** Types a question and waits for its answer. */
async function ask(page, question) {
  await page.fill("#q", "");
  await page.locator("#q").pressSequentially(question);
  await answered(page);
}

async function answered(page) {
  await page.waitForSelector("#list[aria-busy=false] :is(article, .word h2)");
}

/** Fails if axe finds anything. */
async function accessible(page, where) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("; ")}`);
  assert.deepEqual(told, [], `axe on ${where}`);
}

async function picture(page, name) {
  if (screenshots) await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: false });
}

const active = (page) =>
  page.evaluate(() => {
    const input = document.querySelector("#q");
    const id = input.getAttribute("aria-activedescendant");
    const selected = [...document.querySelectorAll("[aria-selected=true]")].map((option) => option.id);
    return { id, selected, isFocused: document.activeElement === input };
  });

const tests = {
  async "typing finds sections, and says how sure it is"() {
    const page = await open("/");
    await page.waitForSelector(".word li a");
    await accessible(page, "the empty page");
    await ask(page, "how do I add pagination");
    const first = page.locator("article").first();
    assert.equal(await first.locator("h2").textContent(), "Pagination");
    assert.equal(await first.locator(".path").textContent(), "build-pagination.md");
    assert.match(await first.locator(".hint").textContent(), /^The docs’ guide points here: “/);
    assert.ok((await first.locator("mark").allTextContents()).includes("pagination"));
    assert.match(await page.locator("#state").textContent(), /^Very likely answered by the first section\./);
    const counts = await page.locator("article").evaluateAll((all) =>
      all.map((article) => article.querySelectorAll("[role=option]").length));
    assert.ok(counts.length > 1 && counts.every((count) => count >= 1 && count <= 3), `${counts}`);
    await first.locator("summary").click();
    const reasons = await first.locator(".why th").allTextContents();
    assert.ok(reasons.includes("Words") && reasons.includes("Meaning of a passage"), `${reasons}`);
    const widths = await first.locator(".bar").evaluateAll((bars) => bars.map((bar) => bar.style.width));
    assert.ok(widths.includes("100%"), `${widths}`);
    await accessible(page, "an answer");
    await picture(page, "answer");
  },

  async "arrows choose, Enter opens the found lines, back comes back"() {
    const page = await open("/");
    await ask(page, "how do I add pagination");
    assert.deepEqual(await active(page), { id: null, selected: [], isFocused: true });
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    assert.deepEqual(await active(page), { id: "option-0-1", selected: ["option-0-1"], isFocused: true });
    await page.keyboard.press("ArrowUp");
    await page.keyboard.press("ArrowUp");
    const last = await page.locator("[role=option]").last().getAttribute("id");
    assert.equal((await active(page)).id, last);
    await page.keyboard.press("Escape");
    assert.equal((await active(page)).id, null);
    await page.keyboard.press("ArrowDown");
    const href = await page.locator("#option-0-0").getAttribute("href");
    await page.keyboard.press("Enter");
    await page.waitForURL(base + href);
    const line = new URL(page.url()).hash.slice(1);
    assert.equal(await page.locator(`[id=${line}].f`).count(), 1);
    const place = await page.locator(`[id=${line}]`).evaluate((anchor) => anchor.getBoundingClientRect().top);
    assert.ok(place >= 0 && place < 800, `line at ${place}`);
    await accessible(page, "a section");
    await page.goBack();
    await page.waitForSelector("article");
    assert.equal(await page.inputValue("#q"), "how do I add pagination");
    await page.locator("#option-0-0").click();
    await page.waitForURL(base + href);
    await page.locator(".back").click();
    await page.waitForSelector("article");
    assert.equal(await page.inputValue("#q"), "how do I add pagination");
  },

  async "the address is the question, and steps go back"() {
    const page = await open("/?q=rate+limits");
    await page.waitForSelector("article");
    assert.equal(await page.inputValue("#q"), "rate limits");
    await page.locator(".word, article").first().waitFor();
    await page.evaluate(() => history.pushState(null, "", "/?q=pagination"));
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("#q").value === "rate limits");
    await page.goForward();
    await page.waitForFunction(() => document.querySelector("#q").value === "pagination");
    await answered(page);
    await page.keyboard.press("Escape");
    await page.waitForSelector(".word li a");
    assert.equal(new URL(page.url()).search, "");
    await page.locator(".word li a").first().click();
    await page.waitForSelector("article");
  },

  async "keys lead to the question, but not from a field"() {
    const page = await open("/?q=rate+limits");
    await page.waitForSelector("article");
    for (const key of ["/", "Control+k", "Meta+k"]) {
      await page.locator("summary").first().focus();
      await page.keyboard.press(key);
      assert.ok((await active(page)).isFocused, key);
      assert.equal(await page.inputValue("#q"), "rate limits");
    }
    await page.keyboard.press("End");
    await page.keyboard.type("/x");
    assert.equal(await page.inputValue("#q"), "rate limits/x");
  },

  async "an answer to an old question is dropped"() {
    const page = await open("/");
    await page.waitForSelector(".word li a");
    let release;
    const held = new Promise((resolve) => (release = resolve));
    await page.route(/q=pagination/, async (route) => {
      const response = await route.fetch();
      await held;
      await route.fulfill({ response }).catch(() => {});
    });
    await page.fill("#q", "pagination");
    await page.waitForRequest(/q=pagination/);
    await page.fill("#q", "rate limits");
    await answered(page);
    const before = await page.locator("#list").textContent();
    release();
    await page.unrouteAll({ behavior: "wait" });
    assert.equal(await page.locator("#list").textContent(), before);
  },

  async "what no section answers is said, with the words that are missing"() {
    const page = await open("/");
    await ask(page, "which visa does a sailor need ");
    assert.equal(await page.locator(".word h2").textContent(), "No section of these docs answers this.");
    assert.match(await page.locator(".word").textContent(), /Not in these docs: visa, sailor\./);
    assert.equal(await page.getAttribute("#q", "aria-expanded"), "false");
    await page.waitForFunction(() => document.querySelector("#alert").textContent.startsWith("No section"));
    await accessible(page, "no answer");
    await picture(page, "none");
    await page.getByRole("button", { name: "Show the nearest anyway" }).click();
    await answered(page);
    assert.match(await page.locator("#state").textContent(), /^The nearest there is\./);
    assert.equal(await page.locator("#alert").textContent(), "");
  },

  async "a folder limits the answer"() {
    const page = await open("/?q=zebra+stripes");
    await page.waitForSelector("article");
    assert.deepEqual(await page.locator("#in option").allTextContents(), [`all folders (${sections})`, "wild/ (2)"]);
    await page.selectOption("#in", "wild/");
    await page.waitForURL(/in=wild/);
    await answered(page);
    const paths = await page.locator("article .path").allTextContents();
    assert.ok(paths.every((path) => path.startsWith("wild/")), `${paths}`);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector("#in").value === "");
  },

  async "a hostile document does nothing"() {
    const page = await open("/?q=zebra+stripes+here");
    await page.waitForSelector("article mark");
    assert.equal(await page.locator("#list :is(img, iframe, script, style, form, svg)").count(), 0);
    await page.locator("[role=option]").first().click();
    await page.waitForSelector("main.section");
    await page.waitForLoadState("networkidle");
    assert.match(page.url(), /\/s\/wild\//);
    assert.notEqual(await page.title(), "owned");
    const bad = "main :is(img, iframe, script, style, form, svg, input, base, meta, [onerror], [style], [href^=javascript])";
    assert.equal(await page.locator(bad).count(), 0);
    assert.equal(await page.locator("main").count(), 1);
    assert.ok(await page.locator("body").isVisible());
    await accessible(page, "a hostile section");
  },

  async "nothing sticks out at 360 pixels"() {
    for (const path of ["/", "/?q=how+do+I+add+pagination", "/?q=visa", "/s/build-pagination.md?lines=3-5#L3", "/s/ref-config.md"]) {
      const page = await open(path, { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
      await page.waitForSelector("article, .word, main.section");
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.equal(width, 360, path);
      await accessible(page, `${path} at 360 pixels`);
    }
  },

  async "dark is dark, and as readable"() {
    for (const path of ["/?q=how+do+I+add+pagination", "/?q=visa", "/s/build-pagination.md?lines=3-5"]) {
      const page = await open(path, { colorScheme: "dark" });
      await page.waitForSelector("article, .word, main.section");
      const [red, green, blue] = await page.evaluate(() =>
        getComputedStyle(document.documentElement).backgroundColor.match(/\d+/g).map(Number));
      assert.ok(red + green + blue < 120, "the background");
      await accessible(page, `${path} in the dark`);
    }
  },

  async "nothing moves where that is not wanted"() {
    const page = await open("/?q=pagination", { reducedMotion: "reduce" });
    await page.waitForSelector("article");
    const moving = await page.evaluate(() =>
      [...document.querySelectorAll("*")].filter((e) => parseFloat(getComputedStyle(e).transitionDuration) > 0).length);
    assert.equal(moving, 0);
  },

  async "a page of a section needs no script"() {
    const page = await open("/s/build-pagination.md?lines=9-11&q=loop#L9", { javaScriptEnabled: false });
    assert.equal(await page.locator(".f").count(), 3);
    await page.locator("header input").fill("rate limits");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/\?q=rate/);
  },
};

async function pictures() {
  const shots = [
    ["home", "/"],
    ["search", "/?q=how+do+I+add+pagination"],
    ["refused", "/?q=which+visa+does+a+sailor+need"],
    ["uncertain", "/?q=speed+up+slow+sync&in="],
    ["section", "/s/build-pagination.md?lines=48-60&q=pagination#L48"],
  ];
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [360, 800, 1400]) {
      for (const [name, path] of shots) {
        const page = await open(path, { colorScheme, viewport: { width, height: width === 360 ? 740 : 900 } });
        await page.waitForSelector("article, .word, main.section");
        if (name === "search") {
          await page.locator("#q").focus();
          await page.keyboard.press("ArrowDown");
          await page.locator("summary").first().click();
          await page.locator("#q").focus();
        }
        await picture(page, `${name}-${width}-${colorScheme}`);
        await page.context().close();
      }
    }
  }
}

let base;
let sections;
let failures = 0;
try {
  cpSync(docs, join(folder, "docs"), { recursive: true });
  mkdirSync(join(folder, "docs/wild"));
  writeFileSync(join(folder, "docs/wild/zebra.md"), EVIL);
  writeFileSync(join(folder, "docs/wild/<img src=x onerror=alert(1)>.md"), EVIL.replaceAll("Zebra", "Zebra crossing"));
  const index = join(folder, "docent.idx");
  const built = spawnSync(buildIndex, [join(folder, "docs"), "-o", index], { encoding: "utf8" });
  assert.equal(built.status, 0, built.stderr);
  server = spawn(docent, ["serve", "--index", index, "--port", "0"], { stdio: ["ignore", "pipe", "ignore"] });
  const line = await new Promise((resolve, reject) => {
    server.stdout.once("data", (data) => resolve(`${data}`));
    server.once("exit", (code) => reject(new Error(`docent serve ended with ${code}`)));
  });
  base = line.trim().replace(/\/$/, "");
  sections = (await (await fetch(`${base}/api/docs`)).json()).sections;
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });
  for (const [name, test] of Object.entries(tests)) {
    watched.length = 0;
    try {
      await test();
      assert.deepEqual(watched, [], "what the pages did");
      console.log(`ok      ${name}`);
    } catch (error) {
      failures++;
      console.log(`FAILED  ${name}\n${error.stack}\n${watched.join("\n")}`);
    }
    for (const context of browser.contexts()) await context.close();
  }
  if (screenshots) await pictures();
} finally {
  await browser?.close();
  server?.kill();
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = failures ? 1 : 0;
