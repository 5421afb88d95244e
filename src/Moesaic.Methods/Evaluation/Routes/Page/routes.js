// Shows the text by the experts of the router that was picked; the page itself shows that of the router in the middle.
const routers = JSON.parse(document.getElementById("routes-of-text").textContent);
const picker = document.getElementById("router");
const tokens = document.querySelectorAll("#text > span");

function show() {
  const routes = routers[picker.selectedIndex];
  tokens.forEach((token, t) => {
    const [experts, weights] = routes[t];
    const first = experts.length > 0 ? experts[0] : null;
    token.style.setProperty("--h", first === null ? 0 : (first * 137.508) % 360);
    token.classList.toggle("none", first === null);
    token.querySelector("sub").textContent = first === null ? "–" : first;
    token.title = first === null ? "no expert" : experts.map((e, i) => `expert ${e}: ${weights[i]}`).join(", ");
  });
}

picker.addEventListener("change", show);
show();
