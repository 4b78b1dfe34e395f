// Copies a line of the instructions and prints them. Without this file neither button is shown.
const SHOWN_FOR = 2500; // milliseconds

document.documentElement.classList.add("scripted");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button");
  if (button?.hasAttribute("data-print")) window.print();
  if (button?.dataset.copy === undefined) return;
  const done = await copy(button.dataset.copy);
  document.getElementById("copied").textContent = done ? button.dataset.done : button.dataset.failed;
  if (!done) return;
  button.classList.add("done");
  setTimeout(() => button.classList.remove("done"), SHOWN_FOR);
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyAsSelected(text); // no permission, or a page without https
  }
}

function copyAsSelected(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true;
  field.className = "hidden-text";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  focused.focus();
  return done;
}
