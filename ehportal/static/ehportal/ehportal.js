// What a page does besides htmx. Everything here is a convenience: without it the page still works.
"use strict";

document.documentElement.classList.add("with-script");

// Copy buttons appear only where copying works.
function offerCopies(root) {
  if (!navigator.clipboard) return;
  root.querySelectorAll("[data-copy][hidden]").forEach((button) => {
    button.hidden = false;
  });
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.copied;
  } catch {
    const range = document.createRange();
    range.selectNodeContents(button.previousElementSibling);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
  }
  setTimeout(() => { button.textContent = label; }, 2000);
});

// A select that is a choice of its own sends its form; the button beside it serves those without script.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-send-on-change]")) event.target.form.requestSubmit();
});

// "All" over a list of check boxes.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-check-all]")) return;
  event.target.closest("table").querySelectorAll(`input[name="${event.target.dataset.checkAll}"]`).forEach((box) => {
    box.checked = event.target.checked;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.bar[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// After a submit the focus stands on what came of it, also where the browser does not look at autofocus (a swap does not).
function focusSummary(root) {
  const summary = root.querySelector("[data-summary]");
  if (summary) summary.focus();
}

// A link of the summary leads to its field, or to the first of several.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-summary] a[href^='#']");
  const target = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!target) return;
  event.preventDefault();
  const field = target.matches("input, select, textarea") ? target : target.querySelector("input, select, textarea");
  (field || target).focus();
  (field || target).scrollIntoView({ block: "center" });
});

// The agent takes the window or the focus when it opens. Where neither happens, nothing did.
const AGENT_SECONDS = 4;
let nothingOpened = false;

function tellNothingOpened() {
  const notice = document.getElementById("agent-silent");
  if (notice) notice.hidden = !nothingOpened;
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-opens-agent]")) return;
  nothingOpened = false;
  tellNothingOpened();
  const waiting = new AbortController();
  const timer = setTimeout(() => {
    waiting.abort();
    nothingOpened = true;
    tellNothingOpened();
  }, AGENT_SECONDS * 1000);
  const opened = () => {
    clearTimeout(timer);
    waiting.abort();
  };
  window.addEventListener("blur", opened, { signal: waiting.signal });
  window.addEventListener("pagehide", opened, { signal: waiting.signal });
  document.addEventListener("visibilitychange", opened, { signal: waiting.signal });
});

offerCopies(document);
focusSummary(document);
document.addEventListener("htmx:afterSwap", (event) => {
  offerCopies(event.target);
  focusSummary(event.target);
  tellNothingOpened();
});
