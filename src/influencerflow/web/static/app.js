// Makes what works without it smoother: links and forms marked `data-partial="#region"` renew only those regions.
//
// `data-partial="#a, #b"`   regions to renew from the page the server answers with; its toast is always taken over.
// `data-regions="…"`        around those whose `data-partial` is empty: what they renew.
// `data-live`               a form that sends itself when a field changes.
// `data-announce="…"`       on a region: what a screen reader is told once it is renewed.
// `data-auto`               a form that sends itself at once, in the background.
// `data-reload="#region"`   a state that will pass: its region is renewed every few seconds.
// `data-slider`             two ranges over a distribution, which fill in the two number fields they name.
// Whatever fails falls back to an ordinary navigation.

const running = new Map(); // by what aborts it: the regions it renews

const partial = (element) => Boolean(element?.hasAttribute("data-partial"));
const regionsOf = (element) => element.dataset.partial || element.closest("[data-regions]").dataset.regions;
const sameOrigin = (url) => new URL(url, location.href).origin === location.origin;

// `options`: `body` and `method` of a form that changes something; `history`: "push" or "none"; `quiet`: nobody waits for it.
async function renew(regions, url, { method = "GET", body, history: kept = "push", quiet = false } = {}) {
  const controller = new AbortController();
  controller.quiet = quiet;
  controller.mayAbort = quiet || method === "GET";
  // What changes something is never aborted, unless nobody waits for it; what nobody waits for gives way to everything.
  if (!quiet) supersede((other) => (method === "GET" ? other.mayAbort : other.quiet));
  running.set(controller, quiet ? "" : regions);
  const parts = [...document.querySelectorAll(regions)];
  if (!quiet) parts.forEach((part) => part.setAttribute("aria-busy", "true"));
  try {
    const answer = await fetch(url, { method, body, signal: controller.signal, headers: { Accept: "text/html" } });
    if (!answer.headers.get("content-type")?.startsWith("text/html")) throw new Error("not a page");
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (controller.signal.aborted || (quiet && !page.querySelector(regions))) return;
    remember(regions, answer.redirected || method === "GET" ? answer.url : null, new URL(url, location.href).hash, kept);
    if (!quiet) supersede((other) => other.quiet); // it may have been asked before this was done
    show(page, regions, quiet);
  } catch (error) {
    if (error.name === "AbortError") return "superseded";
    if (quiet) return;
    if (method === "GET") location.assign(url);
    else location.reload(); // it may have been done: never send it twice
  } finally {
    running.delete(controller);
    const busy = [...running.values()].filter(Boolean).join(", ");
    document.querySelectorAll("[aria-busy]").forEach((part) => { if (!busy || !part.matches(busy)) part.removeAttribute("aria-busy"); });
  }
}

function supersede(which) {
  running.forEach((_, other) => { if (which(other)) other.abort(); });
}

function remember(regions, url, hash, kept) {
  if (!url || kept === "none") return;
  const target = url.split("#")[0] + hash;
  const same = target.split("#")[0] === location.href.split("#")[0];
  // Coming back here has to renew what is about to change.
  const changed = new Set([...(history.state?.regions || regions).split(", "), ...regions.split(", ")]);
  history.replaceState({ regions: [...changed].join(", ") }, "");
  history[same ? "replaceState" : "pushState"]({ regions }, "", target);
}

// Puts the page's regions in place of ours; where it lacks one, as a page about an error does, all of its main part.
function show(page, regions, quiet) {
  const found = regions.split(",").map((selector) => [document.querySelector(selector), page.querySelector(selector)]);
  const whole = found.some(([old, fresh]) => !old || !fresh);
  const pairs = whole ? [[document.querySelector("#main"), page.querySelector("#main")]] : found;
  if (!pairs[0][1]) throw new Error("no such part");
  const focus = focusedIn(pairs.map(([old]) => old));
  const open = new Set([...document.querySelectorAll("details[id][open]")].map((element) => element.id));
  // A toast with its Undo stays until whoever reads it does something.
  if (!quiet) pairs.push([document.querySelector("#flash"), page.querySelector("#flash")]);
  for (const [old, fresh] of pairs) {
    fresh.querySelectorAll("details[id]").forEach((element) => { if (open.has(element.id)) element.open = true; });
    // A sheet that a link has opened (`:target`) stays open until a link closes it: several filters are chosen in a row.
    if (old.matches(":target, .is-open")) fresh.classList.add("is-open");
    old.replaceWith(fresh);
    enhance(fresh);
  }
  document.title = page.title;
  if (whole) {
    window.scrollTo(0, 0); // another page, which is read from its beginning
    document.querySelector("#main").focus({ preventScroll: true });
  } else {
    restore(focus);
  }
  const target = location.hash && pairs.some(([, fresh]) => fresh.matches(location.hash)) && document.querySelector(location.hash);
  if (target && !focus?.typing) target.scrollIntoView({ block: "start" });
  announce(pairs.map(([, fresh]) => fresh.dataset.announce).find(Boolean));
  document.dispatchEvent(new CustomEvent("renewed", { detail: regions }));
}

// Where the focus is, told by what will still be there afterwards.
function focusedIn(parts) {
  const element = document.activeElement;
  if (!element || !parts.some((part) => part.contains(element))) return null;
  const selector = element.id
    ? `#${CSS.escape(element.id)}`
    : element.name && `[name="${CSS.escape(element.name)}"]${element.type === "checkbox" ? `[value="${CSS.escape(element.value)}"]` : ""}`;
  const typing = element.matches("input:not([type=checkbox], [type=range]), textarea");
  const caret = typing && element.type !== "number" ? [element.selectionStart, element.selectionEnd] : null;
  return { selector, caret, typing, value: element.value, part: parts.find((part) => part.contains(element)).id };
}

function restore(focus) {
  if (!focus) return;
  const element = (focus.selector && document.querySelector(focus.selector)) || document.getElementById(focus.part);
  if (!element) return;
  if (!element.matches("a, button, input, select, textarea, summary, [tabindex]")) element.tabIndex = -1;
  if (focus.typing && element.value !== undefined) element.value = focus.value; // more may have been typed meanwhile
  element.focus({ preventScroll: true });
  if (focus.caret && element.setSelectionRange) element.setSelectionRange(...focus.caret);
}

export function announce(text) {
  const place = document.querySelector("#announce");
  place.textContent = "";
  requestAnimationFrame(() => { place.textContent = text || place.dataset.updated; });
}

// What a form asks for, without its empty fields, so that links stay short.
function query(form, submitter) {
  const given = [...new FormData(form, submitter)].filter(([, value]) => typeof value === "string");
  const empty = new Set((form.dataset.keepEmpty || "").split(" "));
  return new URLSearchParams(given.filter(([name, value]) => value !== "" || empty.has(name))).toString();
}

export function send(form, submitter, options = {}) {
  const action = submitter?.getAttribute("formaction") || form.getAttribute("action") || location.pathname;
  const [path, hash] = action.split("#");
  const regions = regionsOf(partial(submitter) ? submitter : form);
  if ((submitter?.formMethod || form.method) === "get") {
    const asked = query(form, submitter);
    return renew(regions, path + (asked ? `?${asked}` : "") + (hash ? `#${hash}` : ""));
  }
  const data = new FormData(form, submitter);
  const body = form.enctype === "multipart/form-data" ? data : new URLSearchParams(data);
  return renew(regions, action, { method: "POST", body, ...options });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || !(partial(form) || partial(event.submitter))) return;
  event.preventDefault();
  send(form, event.submitter);
});

document.addEventListener("click", (event) => {
  closeMenus(event.target);
  if (event.target.closest(".to-results")) document.querySelector(".is-open")?.classList.remove("is-open");
  if (event.target.closest("[data-dismiss]")) return event.target.closest(".toast").remove();
  const link = event.target.closest("a[data-partial]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || link.target || !sameOrigin(link.href)) return;
  event.preventDefault();
  renew(regionsOf(link), link.getAttribute("href"));
});

// The back button: the regions that changed on the way are renewed as they were.
window.addEventListener("popstate", (event) => {
  const regions = event.state?.regions;
  if (regions && document.querySelector(regions)) renew(regions, location.href, { history: "none" });
  else if (event.state) location.reload();
});

let waiting;
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (event.target.closest("[data-slider]") && event.target.type === "range") slide(event.target);
  if (!form?.matches("[data-live]") || event.target.closest("[data-quiet]") || !event.target.matches("input:not([type=range], [type=checkbox], [type=radio])")) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => { if (form.isConnected) form.requestSubmit(); }, 600);
});
document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form?.matches("[data-live]") || event.target.closest("[data-quiet]")) return;
  clearTimeout(waiting);
  form.requestSubmit();
});

function closeMenus(target) {
  document.querySelectorAll("details.menu[open]").forEach((menu) => { if (!menu.contains(target)) menu.open = false; });
}
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A slider's positions are the edges of its distribution's bins; its ends ask for nothing.
function slide(range) {
  const slider = range.closest("[data-slider]");
  const [low, high] = slider.querySelectorAll("input[type=range]");
  if (Number(low.value) > Number(high.value)) (range === low ? high : low).value = range.value;
  for (const one of [low, high]) {
    const field = document.getElementById(one.dataset.for);
    const at = Number(one.value);
    if (field) field.value = at === Number(one === low ? one.min : one.max) ? "" : slider.dataset.edges.split("|")[at];
  }
  fit(slider);
}

// What the slider shows: the span it keeps, and in words where it stands.
function fit(slider) {
  const [low, high] = slider.querySelectorAll("input[type=range]");
  slider.querySelectorAll("rect").forEach((bar, at) => {
    bar.classList.toggle("outside", at < Number(low.value) || at >= Number(high.value));
  });
  for (const one of [low, high]) one.setAttribute("aria-valuetext", document.getElementById(one.dataset.for)?.value || one.dataset.any);
}

// What only makes sense with a script is shown by it.
function enhance(root) {
  root.querySelectorAll("[data-slider]").forEach((slider) => {
    slider.querySelectorAll("input[type=range]").forEach((one) => { one.hidden = false; });
    fit(slider);
  });
  root.querySelectorAll("[data-dismiss], [data-with-script]").forEach((element) => { element.hidden = false; });
  root.querySelectorAll("[data-without-script]").forEach((element) => { element.hidden = true; });
  // What the page would rather have done already, had it not taken too long.
  root.querySelectorAll("form[data-auto]").forEach((form) => {
    begin(form);
  });
  root.querySelectorAll("[data-reload]").forEach(watch);
}

function begin(form) {
  setTimeout(async () => {
    if (form.isConnected && (await send(form, null, { quiet: true, history: "none" })) === "superseded") begin(form);
  }, 300);
}

// A state that will pass: asked again until the page no longer says so.
function watch(part) {
  setTimeout(async () => {
    if (!part.isConnected) return;
    if (!document.hidden) await renew(part.dataset.reload, location.href, { history: "none", quiet: true });
    if (part.isConnected) watch(part);
  }, 4000);
}
enhance(document);
