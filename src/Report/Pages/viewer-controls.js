// What a person does with a view: the pointer, the wheel, the keys, and the bar of buttons below the canvas.
function noetherControls(view) {
  "use strict";
  const { root, canvas, bar, data, frames, state, element } = view;
  const held = new Map();
  let travelled = 0, rest = 0;

  const placeOf = event => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  canvas.addEventListener("pointerdown", event => {
    // Events that a program makes have no pointer to capture.
    if (event.isTrusted) canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, placeOf(event));
    travelled = 0;
    canvas.focus();
    event.preventDefault();
  });

  canvas.addEventListener("pointermove", event => {
    if (!held.has(event.pointerId)) return;
    const [x, y] = placeOf(event), [x0, y0] = held.get(event.pointerId), dx = x - x0, dy = y - y0;
    travelled += Math.abs(dx) + Math.abs(dy);
    if (travelled > 3) view.moving(true);
    if (held.size === 2) {
      // Two fingers: the distance between them zooms, their middle pans.
      const [px, py] = [...held].find(([id]) => id !== event.pointerId)[1];
      const factor = Math.hypot(x - px, y - py) / Math.max(1, Math.hypot(x0 - px, y0 - py));
      view.zoom(factor, (x + px) / 2, (y + py) / 2);
      pan(dx / 2, dy / 2);
    } else if (event.shiftKey || event.buttons & 6) {
      pan(dx, dy);
    } else {
      view.turn(dx / 150, dy / 150);
    }
    held.set(event.pointerId, [x, y]);
  });

  const release = event => {
    if (!held.delete(event.pointerId)) return;
    const isClick = travelled <= 3 && event.type === "pointerup" && event.button === 0;
    if (isClick) view.pick(...placeOf(event), event.shiftKey);
    view.moving(false);
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);
  canvas.addEventListener("contextmenu", event => event.preventDefault());
  canvas.addEventListener("dblclick", view.reset);

  canvas.addEventListener("wheel", event => {
    event.preventDefault();
    // The drawing is rough while the wheel turns, and fine a moment after.
    view.moving(true);
    clearTimeout(rest);
    rest = setTimeout(() => view.moving(false), 150);
    view.zoom(Math.exp(-Math.max(-60, Math.min(60, event.deltaY)) / 400), ...placeOf(event));
  }, { passive: false });

  const keys = {
    ArrowLeft: () => view.turn(-0.1, 0), ArrowRight: () => view.turn(0.1, 0),
    ArrowUp: () => view.turn(0, -0.1), ArrowDown: () => view.turn(0, 0.1),
    "+": () => view.zoom(1.15, canvas.clientWidth / 2, canvas.clientHeight / 2),
    "-": () => view.zoom(1 / 1.15, canvas.clientWidth / 2, canvas.clientHeight / 2),
    x: () => view.look("x"), y: () => view.look("y"), z: () => view.look("z"), r: view.reset
  };
  canvas.addEventListener("keydown", event => {
    if (keys[event.key] && !event.ctrlKey && !event.metaKey) {
      keys[event.key]();
      event.preventDefault();
    }
  });

  function pan(dx, dy) {
    state.pan = [state.pan[0] + dx, state.pan[1] + dy];
    view.ask();
  }

  function button(text, title, action) {
    const node = element("button", bar, { type: "button", textContent: text, title: title });
    node.addEventListener("click", () => action(node));
    return node;
  }

  function toggle(name) {
    const label = element("label", bar), box = element("input", label, { type: "checkbox", checked: state[name] });
    label.append(name);
    box.addEventListener("change", () => { state[name] = box.checked; view.ask(); });
  }

  // Elements of all frames, with the count of atoms in the first; a click hides and shows them.
  for (const z in data.elements) {
    const [symbol, colour] = data.elements[z], count = frames[0].numbers.reduce((sum, one) => sum + (one == z), 0);
    const chip = button(symbol + " " + count, "hide or show " + symbol, node => {
      view.shown[z] = 1 - view.shown[z];
      node.classList.toggle("noether-off", !view.shown[z]);
      view.ask();
    });
    chip.prepend(element("i", null, { style: "background:" + colour }));
  }

  for (const axis of "xyz") button(axis, "look along " + axis, () => view.look(axis));
  button("reset", "the view at the beginning (r, or a double click)", view.reset);
  toggle("bonds");
  if (frames.some(frame => frame.cell.some(h => h !== 0))) toggle("cell");
  const sizes = element("label", bar, { textContent: "size " });
  const size = element("input", sizes, { type: "range", min: 0.1, max: 1.5, step: 0.05, value: state.size });
  size.addEventListener("input", () => { state.size = Number(size.value); view.ask(); });

  if (frames.length < 2) {
    if (frames[0].label) element("span", bar, { textContent: frames[0].label });
    return;
  }

  let timer = 0;
  const play = button("\u25b6", "play and stop (space)", () => {
    clearInterval(timer);
    timer = timer ? 0 : setInterval(() => show((state.frame + 1) % frames.length), 70);
    play.textContent = timer ? "\u25a0" : "\u25b6";
  });
  const slider = element("input", bar, { type: "range", min: 0, max: frames.length - 1, step: 1, value: 0 });
  const told = element("span", bar);
  slider.classList.add("noether-frames");
  slider.setAttribute("aria-label", "frame");
  slider.addEventListener("input", () => show(Number(slider.value)));
  keys[" "] = () => play.click();

  function show(frame) {
    view.toFrame(frame);
    slider.value = frame;
    told.textContent = (frames[frame].label || "frame " + frame) + " (" + (frame + 1) + " of " + frames.length + ")";
  }
  show(0);
}
