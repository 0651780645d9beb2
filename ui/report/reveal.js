// Links into the page reach what is not in the document yet: rows on another page of a table, cards that are
// not shown, closed details. Whoever holds such things says so with onReveal.

const REVEALERS = [];

// make(name) brings the element with the id `name` into the document, if it is one of its own.
function onReveal(make) {
  REVEALERS.push(make);
}

function reveal(hash) {
  const name = hash.replace(/^#/, "");
  if (name === "") return;
  for (const make of REVEALERS) make(name);
  const target = document.getElementById(name);
  if (!target) return;
  if (target instanceof HTMLDetailsElement) target.open = true;
  for (let outer = target.closest("details"); outer; outer = outer.parentElement.closest("details"))
    outer.open = true;
  target.scrollIntoView();
}

// The browser follows a link before it says so, and says nothing when the address stays the same: both are
// covered.
function followLinks() {
  addEventListener("hashchange", () => reveal(location.hash));
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) reveal(link.hash);
  });
  reveal(location.hash);
}
