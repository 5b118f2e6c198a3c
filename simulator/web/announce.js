/* Says what happens on the phones to those who do not see them. */

const KEPT = 5;

export function announce(words) {
  const region = document.getElementById("announced");
  const line = document.createElement("p");
  line.textContent = words;
  region.append(line);
  if (region.children.length > KEPT) region.firstElementChild.remove();
}
