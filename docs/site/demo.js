// The live demo on the first page. The poster is a link to the demo. It is shown until the demo is
// in view, and in browsers that cannot run the demo. On a touch screen the poster stays, because a
// finger that scrolls the page would turn the cloud instead.
"use strict";

function canRun() {
  if (!matchMedia("(hover: hover) and (pointer: fine)").matches) return false;
  if (location.protocol === "file:") return false; // modules are not loaded from files
  return Boolean(document.createElement("canvas").getContext("webgl2"));
}

function show(poster) {
  const frame = document.createElement("iframe");
  frame.src = `${poster.getAttribute("href")}?autoplay=yes&loop=yes`;
  frame.title = "Live demo: a baked scene of 5,000 handwritten digits";
  frame.loading = "lazy";
  frame.allow = "fullscreen; xr-spatial-tracking";
  frame.addEventListener("load", () => poster.remove(), { once: true });
  poster.before(frame);
}

for (const poster of document.querySelectorAll("a[data-demo]")) {
  if (!canRun()) continue;
  const seen = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    seen.disconnect();
    show(poster);
  });
  seen.observe(poster);
}
