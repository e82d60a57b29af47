// The model by which a case runs, with the elements marked at which it waits. The same stands above it in words.

const box = document.querySelector("[data-diagram]");

if (box && window.BpmnJS) {
  const canvas = box.querySelector(".inbox-diagram__canvas");
  box.hidden = false;
  draw(canvas).catch(() => {
    canvas.replaceWith(box.dataset.failed);
    for (const button of box.querySelectorAll("[data-zoom]")) button.remove();
  });
}

async function draw(container) {
  const answer = await fetch(box.dataset.diagram);
  if (!answer.ok) throw new Error(answer.status);
  const viewer = new window.BpmnJS({ container });
  await viewer.importXML(await answer.text());
  const canvas = viewer.get("canvas");
  const registry = viewer.get("elementRegistry");
  const here = box.dataset.active.split(" ").map((id) => registry.get(id)).filter(Boolean);
  for (const element of here) canvas.addMarker(element, "inbox-here");
  const look = () => {
    canvas.zoom("fit-viewport");
    if (!here.length) return;
    canvas.zoom(0.7);
    canvas.scrollToElement(here[0], { top: 120, bottom: 120, left: 200, right: 200 });
  };
  look();
  const zoom = {
    in: () => canvas.zoom(canvas.zoom() * 1.25),
    out: () => canvas.zoom(canvas.zoom() / 1.25),
    fit: () => canvas.zoom("fit-viewport", "auto"),
  };
  for (const button of box.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => zoom[button.dataset.zoom]());
  drag(container, canvas);
}

function drag(container, canvas) {
  let from = null;
  container.addEventListener("pointerdown", (event) => {
    from = { x: event.clientX, y: event.clientY };
  });
  window.addEventListener("pointermove", (event) => {
    if (!from) return;
    canvas.scroll({ dx: event.clientX - from.x, dy: event.clientY - from.y });
    from = { x: event.clientX, y: event.clientY };
  });
  window.addEventListener("pointerup", () => {
    from = null;
  });
}
