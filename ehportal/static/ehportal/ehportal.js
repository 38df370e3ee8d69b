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
  event.target.form.querySelectorAll(`input[name="${event.target.dataset.checkAll}"]`).forEach((box) => {
    box.checked = event.target.checked;
  });
});

// An application id that was clicked is taken over.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-fill]");
  if (!button) return;
  const field = document.getElementById(button.dataset.fill);
  field.value = button.dataset.value;
  field.focus();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.bar[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

offerCopies(document);
document.addEventListener("htmx:afterSwap", (event) => offerCopies(event.target));
