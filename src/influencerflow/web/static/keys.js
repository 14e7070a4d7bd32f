// Keys for lists of creators: cards are `[data-creator]`, and what a key presses in a card is marked `data-key`.
//
// j/k next and previous card, s shortlist, d dismiss, x select, / search, ? help. Nothing happens while somebody types,
// in a dialog, or with a modifier held. They can be switched off in the help, for screen readers and speech input
// (WCAG 2.1.4). Also keeps what is selected through a renewal, and counts it.

const OFF = "keys-off";
const help = () => document.querySelector("#keys-help");
const cards = () => [...document.querySelectorAll("[data-creator]")];
const boxes = () => [...document.querySelectorAll('input[form="selection"]')];

let current = -1; // the place of the card that has, or last had, the focus
let waits = false; // whether the next renewal was asked for by a key, so that its card gets the focus back
let chosen = new Set();

const isOff = () => { try { return localStorage.getItem(OFF) === "1"; } catch { return false; } };

function typing(target) {
  return target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]") !== null;
}

function focusCard(place) {
  const all = cards();
  if (!all.length) return;
  current = Math.max(0, Math.min(place, all.length - 1));
  all[current].focus({ preventScroll: true });
  all[current].scrollIntoView({ block: "nearest" });
}

function inCard(key) {
  const card = document.activeElement.closest("[data-creator]") || cards()[current];
  return card?.querySelector(`[data-key="${key}"]`);
}

function press(key) {
  const control = inCard(key);
  if (!control) return;
  waits = control.matches("button");
  control.click();
  const menu = control.closest("details");
  if (control.matches("summary") && menu.open) menu.querySelector("button").focus();
}

function search() {
  const field = document.querySelector("[data-search], input[type=search], main input:not([type=hidden], [type=checkbox])");
  for (let part = field?.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  field?.focus();
}

const actions = {
  j: () => focusCard(current + 1),
  k: () => focusCard(current - 1),
  s: () => press("s"),
  d: () => press("d"),
  x: () => press("x"),
  "/": search,
  "?": () => help()?.togglePopover(),
};

document.addEventListener("keydown", (event) => {
  const action = actions[event.key];
  if (!action || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.repeat && event.key !== "j" && event.key !== "k") return;
  if (typing(event.target) || event.target.closest("[popover]") && event.key !== "?" || isOff() && event.key !== "?") return;
  event.preventDefault();
  action();
});

document.addEventListener("focusin", (event) => {
  const place = cards().indexOf(event.target.closest("[data-creator]"));
  if (place >= 0) current = place;
});

// A menu's answer was asked for from a card as well: go on with the card that has come into its place.
document.addEventListener("submit", (event) => { waits ||= Boolean(event.submitter?.closest("details.menu")); });

document.addEventListener("renewed", () => {
  for (const box of boxes()) box.checked ||= chosen.has(box.value);
  count();
  showSwitch();
  if (waits && current >= 0) focusCard(current);
  waits = false;
});

function count() {
  chosen = new Set(boxes().filter((box) => box.checked).map((box) => box.value));
  document.querySelectorAll("[data-selected]").forEach((place) => { place.textContent = chosen.size || ""; });
}
document.addEventListener("change", (event) => { if (event.target.matches('input[form="selection"]')) count(); });
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-select-all]")) return;
  const all = boxes();
  const select = !all.every((box) => box.checked);
  for (const box of all) box.checked = select;
  count();
});
// What was selected is being dealt with: the form has been read, so nothing else is to be done with it.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "selection" || !event.defaultPrevented) return;
  for (const box of boxes()) box.checked = false;
  count();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-on]")) return;
  try { localStorage.setItem(OFF, event.target.checked ? "0" : "1"); } catch { /* not kept in private windows */ }
});
function showSwitch() { document.querySelectorAll("[data-keys-on]").forEach((box) => { box.checked = !isOff(); }); }
showSwitch();
count();
