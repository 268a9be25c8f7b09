// The search page. What comes from documents is put in as text, never as markup.

const PAUSE = 90; // Milliseconds without a key before a question is asked.
const CALM = 500; // Milliseconds without one before "no section" is shown.
const SETTLED = 1500; // Milliseconds without one after which the next change is a step back.
const STANDING = 2000; // Milliseconds after which an answered question goes to the query log.
const HITS = 6;

const byId = (id) => document.getElementById(id);
const [input, within, state, listbox, list, alert] =
  ["q", "in", "state", "hits", "list", "alert"].map(byId);
const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

/** An element with attributes and children; strings become text. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The token stands behind # once, and is kept for this tab.
const given = /^#token=(.+)$/.exec(location.hash);
if (given) {
  sessionStorage.setItem("token", decodeURIComponent(given[1]));
  history.replaceState(null, "", location.pathname + location.search);
}

async function ask(path, signal) {
  const token = sessionStorage.getItem("token");
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  const response = await fetch(path, { signal, headers });
  const object = await response.json();
  if (!response.ok) throw Object.assign(new Error(object.error), { hint: object.hint, status: response.status });
  return object;
}

/* The question in the address */

let changedAt = 0;

function address() {
  const query = new URLSearchParams();
  if (input.value) query.set("q", input.value);
  if (within.value) query.set("in", within.value);
  return query.size ? `/?${query}` : "/";
}

function remember() {
  if (address() === location.pathname + location.search) return;
  const isStep = Date.now() - changedAt > SETTLED;
  changedAt = Date.now();
  history[isStep ? "pushState" : "replaceState"](null, "", address());
}

function recall() {
  const query = new URLSearchParams(location.search);
  input.value = query.get("q") ?? "";
  within.value = query.get("in") ?? "";
  changedAt = 0;
  search();
}

/* Asking: the newest question wins */

let newest = 0;
let running = new AbortController();
let timer;
let typedAt = 0;
let asked = ""; // The newest question that was asked.
let shown = ""; // The question whose answer is on the page.

async function search(options = {}) {
  const number = ++newest;
  running.abort();
  running = new AbortController();
  const question = input.value.trim();
  document.title = question ? `${question} · docent` : "Ask these docs · docent";
  asked = question;
  list.setAttribute("aria-busy", "true");
  if (!question) return welcome();
  clearTimeout(kept);
  const query = new URLSearchParams({ q: question, k: HITS, explain: 1, keep: 0 });
  if (within.value) query.set("in", within.value);
  if (options.anyway) query.set("min_confidence", 0);
  try {
    const answer = await ask(`/api/search?${query}`, running.signal);
    const pause = answer.hits.length ? 0 : typedAt + CALM - Date.now();
    // A question that is half typed has no answer yet.
    if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
    if (number !== newest) return;
    show(answer, options);
    // Only a question that is left standing is one for the log.
    if (docs?.keeps_questions) kept = setTimeout(() => keep(question), STANDING);
  } catch (error) {
    if (error.name === "AbortError" || number !== newest) return;
    if (error.status === 503 && !options.again) {
      setTimeout(() => number === newest && search({ ...options, again: true }), 1000);
    } else {
      fail(error);
    }
  }
}

let kept;
let last = ""; // The newest question that is in the log.

function keep(question) {
  if (question === last) return;
  last = question;
  const query = new URLSearchParams({ q: question, k: 1 });
  // The page may be left meanwhile.
  fetch(`/api/search?${query}`, { keepalive: true }).catch(() => {});
}

/** The link that says that the docs should have answered. */
function missed(question) {
  const button = element("button", { type: "button", class: "missed" }, "This should have been found");
  button.addEventListener("click", async () => {
    button.disabled = true;
    const body = JSON.stringify({ question });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/api/missed", { method: "POST", headers, body }).catch(() => null);
    button.textContent = answer?.ok ? "Thank you: noted for the owners of these docs" : "That could not be noted";
    say(button.textContent);
  });
  return button;
}

function later() {
  clearTimeout(timer);
  timer = setTimeout(search, PAUSE);
}

/* Showing */

let options = [];
let chosen = -1;

function clear() {
  options = [];
  chosen = -1;
  list.replaceChildren();
  listbox.removeAttribute("aria-owns");
  listbox.hidden = true;
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
  state.replaceChildren();
  shown = asked;
  list.setAttribute("aria-busy", String(input.value.trim() !== asked));
  say("");
}

let saying;

/** Tells those who do not see the page, when the typing has paused. */
function say(text) {
  clearTimeout(saying);
  alert.textContent = "";
  if (text) saying = setTimeout(() => (alert.textContent = text), 1000);
}

function show(answer, { anyway }) {
  clear();
  if (!answer.hits.length) return refuse(answer);
  state.append(...verdict(answer, anyway), ...remarks(answer));
  answer.hits.forEach((hit, number) => list.append(section(hit, number)));
  if (docs?.keeps_questions) list.append(missed(shown));
  options = [...list.querySelectorAll("[role=option]")];
  listbox.setAttribute("aria-owns", answer.hits.map((_, number) => `group-${number}`).join(" "));
  listbox.hidden = false;
  input.setAttribute("aria-expanded", "true");
}

function verdict({ confidence }, anyway) {
  if (anyway) return [element("strong", {}, "The nearest there is. "), "None of it is likely to answer. "];
  if (confidence === null) return [];
  const [word, meaning] =
    confidence >= 0.85 ? ["Very likely", "answered by the first section. "]
    : confidence >= 0.6 ? ["Likely", "answered by the first section. "]
    : ["Uncertain", "whether the first section answers. "];
  return [element("strong", {}, word), " ", meaning];
}

function remarks({ corrections, absent, stale }) {
  const said = corrections.map(({ word, read_as }) => `Read “${word}” as “${read_as}”. `);
  if (absent.length) said.push(`Not in these docs: ${absent.join(", ")}. `);
  if (stale) said.push("The docs have changed since they were indexed. ");
  return said;
}

function refuse(answer) {
  const none = "No section of these docs answers this.";
  const word = element("div", { class: "word" }, element("h2", {}, none));
  for (const remark of remarks(answer)) word.append(element("p", {}, remark));
  if (within.value) word.append(element("p", {}, `Only ${within.value} was looked at.`));
  if (answer.verdict === "nothing-confident") {
    const button = element("button", { type: "button" }, "Show the nearest anyway");
    button.addEventListener("click", () => {
      input.focus();
      search({ anyway: true });
    });
    word.append(button);
  } else {
    word.append(element("p", {}, "Ask with more words, or with others."));
  }
  if (docs?.keeps_questions) word.append(missed(shown));
  list.append(word);
  say(none);
}

function fail(error) {
  clear();
  const isToken = error.status === 401;
  const text = error.status ? error.message : "the server does not answer";
  const word = element("div", { class: "word" }, element("h2", {}, text[0].toUpperCase() + text.slice(1) + "."));
  word.append(element("p", {}, isToken ? "Open this page at /#token=TOKEN." : error.hint ?? "Is it still running?"));
  list.append(word);
  say(text);
}

function section(hit, number) {
  const made = element("article");
  const path = hit.section;
  made.append(
    element("h2", { id: `title-${number}` }, hit.title),
    element("p", { class: "path" }, path),
  );
  if (hit.hint) made.append(element("p", { class: "hint" }, `The docs’ guide points here: “${hit.hint}”`));
  const group = element("div", { role: "group", id: `group-${number}`, "aria-labelledby": `title-${number}` });
  hit.chunks.forEach((chunk, i) => group.append(passage(hit, chunk, `option-${number}-${i}`)));
  made.append(group, why(hit));
  return made;
}

function passage(hit, chunk, id) {
  const lines = `${chunk.line_start}-${chunk.line_end}`;
  const path = hit.section.split("/").map(encodeURIComponent).join("/");
  const query = new URLSearchParams({ lines, q: input.value.trim() });
  const line = chunk.excerpt[0]?.line ?? chunk.line_start;
  const headings = chunk.heading_path.filter((heading, i) => i > 0 || heading !== hit.title);
  const last = headings.pop() ?? "Opening";
  const above = headings.map((heading) => `${heading} › `).join("");
  const heading = element("span", {}, element("span", { class: "above" }, above), last);
  return element(
    "a",
    { role: "option", id, tabindex: "-1", "aria-selected": "false", href: `/s/${path}?${query}#L${line}` },
    element("span", { class: "heading" }, heading, element("span", { class: "lines" }, `${chunk.line_start}–${chunk.line_end}`)),
    excerpt(chunk),
  );
}

/** The excerpt of a passage: prose that flows, and rows, items and code each on a line of its own. */
function excerpt(chunk) {
  const code = linesOfCode(chunk);
  const made = element("span", { class: "excerpt" });
  let before;
  for (const { line, parts } of chunk.excerpt) {
    const text = parts.join("");
    if (/^(```|~~~)/.test(text)) continue;
    const isCode = code.has(line);
    const isProse = !isCode && !/^([-*+>|]|\d+[.)]|#{1,6} )/.test(text);
    const nodes = isCode ? marked(parts) : readable(parts);
    if (isProse && before?.isProse && before.line === line - 1) before.made.append(" ", ...nodes);
    else made.append(element("span", { class: isCode ? "line code" : "line" }, ...nodes));
    before = { line, isProse, made: made.lastElementChild };
  }
  return made;
}

/** The numbers of the lines between fences. */
function linesOfCode({ text, line_start }) {
  const found = new Set();
  let fence = "";
  text.split("\n").forEach((line, i) => {
    const [mark] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [""];
    if (fence && line.trim() === fence) fence = "";
    else if (fence) found.add(line_start + i);
    else fence = mark.trim();
  });
  return found;
}

const marked = (parts) => parts.map((part, i) => (i % 2 ? element("mark", {}, part) : part));

/** A line of Markdown as it reads: without marks of lists, headings, tables, links, emphasis. */
function readable(parts) {
  const text = parts.join("");
  const isMatch = parts.flatMap((part, i) => Array(part.length).fill(i % 2 === 1));
  const kept = []; // [from, to, is code]
  let at = /^\s*(?:[-*+>] |\d+[.)] |#{1,6} |\|)?\s*/.exec(text)[0].length;
  const isRow = text.startsWith("|");
  const markup = isRow
    ? /(`+)(.+?)\1|!?\[([^\]]*)\]\([^)]*\)|\*\*|(\s*\|\s*)/g
    : /(`+)(.+?)\1|!?\[([^\]]*)\]\([^)]*\)|\*\*/g;
  markup.lastIndex = at;
  for (let found; (found = markup.exec(text)); at = markup.lastIndex) {
    kept.push([at, found.index, false]);
    const [all, ticks, code, label, border] = found;
    if (code !== undefined) kept.push([found.index + ticks.length, found.index + ticks.length + code.length, true]);
    if (label !== undefined) {
      const from = found.index + all.indexOf("[") + 1;
      kept.push([from, from + label.length, false]);
    }
    if (border !== undefined && markup.lastIndex < text.length) kept.push(" · ");
  }
  kept.push([at, text.length, false]);
  return kept.flatMap((piece) => {
    if (typeof piece === "string") return [piece];
    const [from, to, isCode] = piece;
    const nodes = [];
    for (let start = from; start < to; ) {
      let end = start;
      while (end < to && isMatch[end] === isMatch[start]) end++;
      const run = text.slice(start, end);
      nodes.push(isMatch[start] ? element("mark", {}, run) : run);
      start = end;
    }
    return isCode ? [element("code", {}, ...nodes)] : nodes;
  });
}

const REASONS = [
  ["Meaning of a passage", ["dense", "max_sim", "feedback"]],
  ["Meaning of the whole section", ["dense_mean"]],
  ["Words", ["bm25_chunk", "bm25_section"]],
  ["Words side by side", ["phrase"]],
  ["Sections like it", ["support"]],
];

function why({ explain }) {
  const known = new Set(REASONS.flatMap(([, arms]) => arms));
  const guide = Object.keys(explain.shares).filter((arm) => !known.has(arm));
  const reasons = [...REASONS, ["The docs’ own guide", guide]]
    .map(([name, arms]) => [name, arms.reduce((sum, arm) => sum + (explain.shares[arm] ?? 0), 0)])
    .filter(([, amount]) => Math.abs(amount) >= 0.005)
    .sort(([, a], [, b]) => b - a);
  const most = Math.max(...reasons.map(([, amount]) => Math.abs(amount)));
  const table = element("table", { class: "why" });
  for (const [name, amount] of reasons) {
    const bar = element("div", { class: amount < 0 ? "bar against" : "bar" });
    bar.style.width = `${(100 * Math.abs(amount)) / most}%`;
    const figure = amount.toFixed(2).replace("-", "−");
    table.append(element("tr", {},
      element("th", { scope: "row" }, name),
      element("td", {}, bar),
      element("td", { class: "amount" }, figure)));
  }
  const made = element("details", {}, element("summary", {}, "Why is this here?"), table);
  if (explain.hint) made.append(element("p", {}, "The guide’s phrase is nearly the question: that puts its sections first."));
  return made;
}

/** Before anything is asked. */
let docs;
async function welcome() {
  clear();
  try {
    docs ??= await ask("/api/docs");
  } catch (error) {
    return fail(error);
  }
  if (input.value.trim()) return;
  fillFolders();
  const word = element("div", { class: "word" });
  const count = docs.sections === 1 ? "One section" : `${docs.sections} sections`;
  word.append(element("p", {}, `${count}, ready. What do you want to know?`));
  if (docs.examples.length) {
    const items = docs.examples.map((example) =>
      element("li", {}, element("a", { href: `/?${new URLSearchParams({ q: example })}` }, example)));
    word.append(element("ul", {}, ...items));
  }
  list.replaceChildren(word);
}

function fillFolders() {
  if (within.options.length || !docs.folders.length) return;
  const wanted = new URLSearchParams(location.search).get("in") ?? "";
  within.append(element("option", { value: "" }, `all folders (${docs.sections})`));
  for (const { path, sections } of docs.folders) {
    within.append(element("option", { value: path }, `${path} (${sections})`));
  }
  // A pattern that somebody wrote into the address.
  if (![...within.options].some(({ value }) => value === wanted)) within.append(element("option", {}, wanted));
  within.value = wanted;
  byId("within").hidden = false;
}

/* Keys */

function choose(number) {
  options[chosen]?.setAttribute("aria-selected", "false");
  chosen = number;
  const option = options[chosen];
  if (!option) return input.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", option.id);
}

function escape() {
  if (chosen >= 0) return choose(-1);
  input.value = "";
  remember();
  search();
}

input.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const count = options.length;
  if (event.key === "ArrowDown" && count) choose((chosen + 1) % count);
  else if (event.key === "ArrowUp" && count) choose(chosen <= 0 ? count - 1 : chosen - 1);
  else if (event.key === "Escape") escape();
  else return;
  event.preventDefault();
});

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  clearTimeout(timer);
  const option = options[Math.max(chosen, 0)];
  if (option && shown === input.value.trim()) follow(option);
  else search();
});

/** Whose section is opened was answered: that too is worth knowing. */
function follow(option) {
  if (docs?.keeps_questions) keep(shown);
  location.assign(option.href);
}

document.addEventListener("keydown", (event) => {
  const isShortcut = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey;
  const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
  const isSlash = event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (!isShortcut && !isSlash) return;
  event.preventDefault();
  input.focus();
  input.select();
});

input.addEventListener("input", () => {
  typedAt = Date.now();
  list.setAttribute("aria-busy", "true");
  remember();
  later();
});
within.addEventListener("change", () => {
  changedAt = 0;
  remember();
  search();
});
addEventListener("popstate", recall);

if (isMac) byId("modifier").textContent = "⌘ K";
ask("/api/docs").then((answer) => {
  docs = answer;
  fillFolders();
  recall();
}, fail);
