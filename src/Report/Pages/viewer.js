// Atoms on a canvas: drag rotates, the wheel zooms, shift or the right button pans, a click tells about an atom.
// Orthographic; the farthest is painted first; spheres are pictures drawn once for each element and shade of depth.
(function () {
  "use strict";
  const SHADES = 6, SPRITE = 96, BOND_SLACK = 0.4, BOND_RADIUS = 0.11, MANY = 4000, EDGE_PIECES = 12;

  const element = (tag, parent, properties) => {
    const node = Object.assign(document.createElement(tag), properties || {});
    if (parent) parent.appendChild(node);
    return node;
  };

  const bytes = text => Uint8Array.from(atob(text), letter => letter.charCodeAt(0));
  const floats = text => new Float32Array(bytes(text).buffer);
  const mix = (a, b, t) => a.map((x, k) => Math.round(x + (b[k] - x) * t));
  const css = colour => "rgb(" + colour.join(",") + ")";
  const ofHex = hex => [1, 3, 5].map(k => parseInt(hex.slice(k, k + 2), 16));

  // The frames of the data: atomic numbers, positions and cell of each.
  function unpack(data) {
    const numbers = bytes(data.numbers), positions = floats(data.positions), cells = floats(data.cells);
    const frames = [];
    for (let f = 0, at = 0; f < data.frames; f++) {
      const isShared = data.counts.length === 1, n = data.counts[isShared ? 0 : f];
      const from = cells.length === 9 ? 0 : 9 * f;
      frames.push({
        n: n,
        numbers: isShared ? numbers : numbers.subarray(at, at + n),
        positions: positions.subarray(3 * at, 3 * (at + n)),
        cell: cells.length ? cells.subarray(from, from + 9) : new Float32Array(9),
        label: data.labels[f] || "",
        bonds: null
      });
      at += n;
    }
    return frames;
  }

  // Pairs of atoms nearer than the sum of their covalent radii and a little; atoms are sorted into boxes first.
  function bondsOf(frame, radii) {
    const x = frame.positions, n = frame.n, low = [0, 0, 0], size = [1, 1, 1], bonds = [];
    let reach = 0;
    for (let i = 0; i < n; i++) reach = Math.max(reach, radii[frame.numbers[i]]);
    reach = 2 * reach + BOND_SLACK;
    for (let k = 0; k < 3; k++) {
      let least = Infinity, most = -Infinity;
      for (let i = 0; i < n; i++) { least = Math.min(least, x[3 * i + k]); most = Math.max(most, x[3 * i + k]); }
      low[k] = n ? least : 0;
      size[k] = n ? Math.max(1, Math.min(64, Math.floor((most - least) / reach))) : 1;
      low[k + 3] = n && most > least ? size[k] / (most - least) : 0;
    }
    const along = (i, k) => Math.min(size[k] - 1, Math.floor((x[3 * i + k] - low[k]) * low[k + 3]));
    const starts = new Int32Array(size[0] * size[1] * size[2] + 1), box = new Int32Array(n), order = new Int32Array(n);
    for (let i = 0; i < n; i++) {
      box[i] = (along(i, 0) * size[1] + along(i, 1)) * size[2] + along(i, 2);
      starts[box[i] + 1]++;
    }
    for (let b = 1; b < starts.length; b++) starts[b] += starts[b - 1];
    const next = starts.slice();
    for (let i = 0; i < n; i++) order[next[box[i]]++] = i;
    for (let i = 0; i < n; i++) {
      const ri = radii[frame.numbers[i]], a = along(i, 0), b = along(i, 1), c = along(i, 2);
      if (!ri) continue;
      for (let u = Math.max(0, a - 1); u <= Math.min(size[0] - 1, a + 1); u++)
        for (let v = Math.max(0, b - 1); v <= Math.min(size[1] - 1, b + 1); v++)
          for (let w = Math.max(0, c - 1); w <= Math.min(size[2] - 1, c + 1); w++) {
            const there = (u * size[1] + v) * size[2] + w;
            for (let e = starts[there]; e < starts[there + 1]; e++) {
              const j = order[e], rj = radii[frame.numbers[j]];
              if (j <= i || !rj) continue;
              const d = Math.hypot(x[3 * j] - x[3 * i], x[3 * j + 1] - x[3 * i + 1], x[3 * j + 2] - x[3 * i + 2]);
              if (d < ri + rj + BOND_SLACK && d > 0.1) bonds.push(i, j);
            }
          }
    }
    return Int32Array.from(bonds);
  }

  // The twelve edges of the cell in pieces, so that each piece has a depth of its own: six numbers a piece.
  function edgesOf(cell) {
    const pieces = [], has = k => cell[3 * k] || cell[3 * k + 1] || cell[3 * k + 2];
    for (let k = 0; k < 3; k++) {
      if (!has(k)) continue;
      const p = (k + 1) % 3, q = (k + 2) % 3;
      for (let corner = 0; corner < 4; corner++) {
        const i = corner & 1, j = corner >> 1;
        if ((i && !has(p)) || (j && !has(q))) continue;
        for (let s = 0; s < EDGE_PIECES; s++)
          for (const t of [s / EDGE_PIECES, (s + 1) / EDGE_PIECES])
            for (let c = 0; c < 3; c++) pieces.push(t * cell[3 * k + c] + i * cell[3 * p + c] + j * cell[3 * q + c]);
      }
    }
    return pieces;
  }

  function sphere(colour, ground, shade) {
    const canvas = element("canvas", null, { width: SPRITE, height: SPRITE }), g = canvas.getContext("2d");
    const half = SPRITE / 2, fog = c => css(mix(c, ground, 0.6 * shade / (SHADES - 1)));
    const light = g.createRadialGradient(0.68 * half, 0.62 * half, 0.05 * half, half, half, half);
    light.addColorStop(0, fog(mix(colour, [255, 255, 255], 0.75)));
    light.addColorStop(0.35, fog(colour));
    light.addColorStop(1, fog(mix(colour, [0, 0, 0], 0.55)));
    g.fillStyle = light;
    g.beginPath();
    g.arc(half, half, half - 1, 0, 2 * Math.PI);
    g.fill();
    return canvas;
  }

  // a · b of matrices, row by row.
  const times = (a, b) => a.map((_, k) =>
    a[k - k % 3] * b[k % 3] + a[k - k % 3 + 1] * b[k % 3 + 3] + a[k - k % 3 + 2] * b[k % 3 + 6]);
  const aboutX = t => [1, 0, 0, 0, Math.cos(t), -Math.sin(t), 0, Math.sin(t), Math.cos(t)];
  const aboutY = t => [Math.cos(t), 0, Math.sin(t), 0, 1, 0, -Math.sin(t), 0, Math.cos(t)];
  // What one sees from along an axis: rows are right, up and towards the eye.
  const VIEWS = { x: [0, 1, 0, 0, 0, 1, 1, 0, 0], y: [-1, 0, 0, 0, 0, 1, 0, 1, 0], z: [1, 0, 0, 0, 1, 0, 0, 0, 1] };

  function start(root) {
    const data = JSON.parse(root.querySelector("script").textContent), frames = unpack(data);
    const canvas = element("canvas", root, { tabIndex: 0 }), g = canvas.getContext("2d");
    const bar = element("div", root, { className: "noether-bar" });
    const told = element("div", root, { className: "noether-told" });
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", "Atoms in space; drag to rotate, wheel to zoom, shift and drag to pan.");

    const radii = new Float32Array(256), colours = [], shown = new Uint8Array(256).fill(1);
    for (const z in data.elements) {
      colours[z] = ofHex(data.elements[z][1]);
      radii[z] = data.elements[z][2];
    }
    const drawn = z => radii[z] || 0.8;
    const state = { frame: 0, turn: null, scale: 1, pan: [0, 0], size: 0.5, bonds: true, cell: true, picked: [] };
    let sprites = [], bondInks = [], edgeInk = "", ring = "", centre = [0, 0, 0], extent = 1, wanted = false;
    let moving = false, places = new Float32Array(0);

    const bondsIn = frame => frame.bonds || (frame.bonds = bondsOf(frame, radii));

    function inks() {
      const numbers = getComputedStyle(root).backgroundColor.match(/[\d.]+/g) || [255, 255, 255];
      const ground = numbers.slice(0, 3).map(Number);
      const isDark = ground[0] + ground[1] + ground[2] < 384;
      sprites = [];
      bondInks = [];
      for (const z in data.elements)
        for (let s = 0; s < SHADES; s++) {
          (sprites[z] = sprites[z] || [])[s] = sphere(colours[z], ground, s);
          const fog = c => css(mix(c, ground, 0.6 * s / (SHADES - 1)));
          (bondInks[z] = bondInks[z] || [])[s] = [0.4, 0.12].map(dark => fog(mix(colours[z], [0, 0, 0], dark)));
        }
      edgeInk = isDark ? "#9aa0aa" : "#667";
      ring = isDark ? "#ffd84d" : "#d0006f";
    }

    // The middle and the radius of a ball that holds atoms and cell of the first frame.
    function measure() {
      const points = Array.from(frames[0].positions).concat(edgesOf(frames[0].cell)), low = [], high = [];
      for (let k = 0; k < 3; k++) {
        low[k] = Infinity; high[k] = -Infinity;
        for (let p = k; p < points.length; p += 3) {
          low[k] = Math.min(low[k], points[p]);
          high[k] = Math.max(high[k], points[p]);
        }
      }
      if (points.length) centre = low.map((l, k) => (l + high[k]) / 2);
      extent = 1.5;
      for (let p = 0; p < points.length; p += 3) {
        const away = [0, 1, 2].map(k => points[p + k] - centre[k]);
        extent = Math.max(extent, Math.hypot(...away) + 0.8);
      }
    }

    function reset() {
      state.turn = times(aboutX(0.32), times(aboutY(-0.45), VIEWS.y.map((v, k) => k < 3 || k > 5 ? -v : v)));
      state.scale = Math.min(canvas.clientWidth, canvas.clientHeight) / (2 * extent);
      state.pan = [0, 0];
      ask();
    }

    function ask() {
      if (!wanted) {
        wanted = true;
        requestAnimationFrame(() => { wanted = false; draw(); });
      }
    }

    // Draws the frame: everything is put into drawers by depth, which are emptied from the back.
    function draw() {
      const frame = frames[state.frame], m = state.turn, s = state.scale, x = frame.positions, n = frame.n;
      const dense = window.devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
      if (canvas.width !== Math.round(width * dense) || canvas.height !== Math.round(height * dense)) {
        canvas.width = Math.round(width * dense);
        canvas.height = Math.round(height * dense);
      }
      g.setTransform(dense, 0, 0, dense, 0, 0);
      g.clearRect(0, 0, width, height);
      const ox = width / 2 + state.pan[0], oy = height / 2 + state.pan[1];
      const seen = (a, b, c, into, at) => {
        a -= centre[0]; b -= centre[1]; c -= centre[2];
        into[at] = ox + s * (m[0] * a + m[1] * b + m[2] * c);
        into[at + 1] = oy - s * (m[3] * a + m[4] * b + m[5] * c);
        into[at + 2] = m[6] * a + m[7] * b + m[8] * c;
      };
      const all = state.bonds ? bondsIn(frame) : [];
      const bonds = moving && all.length > 2 * MANY ? [] : all, edges = state.cell ? edgesOf(frame.cell) : [];
      const halves = bonds.length, pieces = edges.length / 6, count = n + halves + pieces;
      places = new Float32Array(3 * n);
      const ends = new Float32Array(6 * pieces), depth = new Float32Array(count);
      for (let i = 0; i < n; i++) {
        seen(x[3 * i], x[3 * i + 1], x[3 * i + 2], places, 3 * i);
        depth[i] = places[3 * i + 2];
      }
      // Half h of a bond belongs to atom bonds[h]; the other atom is its partner.
      for (let h = 0; h < halves; h++) depth[n + h] = 0.75 * depth[bonds[h]] + 0.25 * depth[bonds[h ^ 1]];
      for (let e = 0; e < pieces; e++) {
        for (const t of [0, 3]) seen(edges[6 * e + t], edges[6 * e + t + 1], edges[6 * e + t + 2], ends, 6 * e + t);
        depth[n + halves + e] = (ends[6 * e + 2] + ends[6 * e + 5]) / 2;
      }
      const drawers = 8192, first = new Int32Array(drawers + 1), order = new Int32Array(count);
      let back = Infinity, front = -Infinity;
      for (let p = 0; p < count; p++) { back = Math.min(back, depth[p]); front = Math.max(front, depth[p]); }
      const span = front > back ? (drawers - 1) / (front - back) : 0;
      const drawer = p => Math.floor((depth[p] - back) * span);
      for (let p = 0; p < count; p++) first[drawer(p) + 1]++;
      for (let d = 1; d <= drawers; d++) first[d] += first[d - 1];
      for (let p = 0; p < count; p++) order[first[drawer(p)]++] = p;
      // The shade follows from the depth within the ball, so that turning does not flicker.
      const shade = d => Math.max(0, Math.min(SHADES - 1, Math.floor((0.5 - 0.5 * d / extent) * SHADES)));
      const isFine = halves <= MANY;
      for (let k = 0; k < count; k++) {
        const p = order[k];
        if (p < n) {
          const z = frame.numbers[p];
          if (!shown[z]) continue;
          const r = drawn(z) * state.size * s, px = places[3 * p], py = places[3 * p + 1];
          if (px + r < 0 || py + r < 0 || px - r > width || py - r > height) continue;
          g.drawImage(sprites[z][shade(depth[p])], px - r, py - r, 2 * r, 2 * r);
        } else if (p < n + halves) {
          halfBond(bonds[p - n], bonds[(p - n) ^ 1], depth[p], isFine);
        } else {
          const e = 6 * (p - n - halves);
          g.strokeStyle = edgeInk;
          g.lineWidth = 1.2;
          stroke(ends[e], ends[e + 1], ends[e + 3], ends[e + 4]);
        }
      }
      for (const i of state.picked) {
        g.strokeStyle = ring;
        g.lineWidth = 2;
        g.beginPath();
        g.arc(places[3 * i], places[3 * i + 1], drawn(frame.numbers[i]) * state.size * s + 2, 0, 2 * Math.PI);
        g.stroke();
      }
      root.dataset.frame = state.frame;
      root.dataset.drawn = count;

      // From the surface of atom i to the middle of the bond; the surface is where the stick leaves the sphere.
      function halfBond(i, j, d, isFine) {
        const z = frame.numbers[i];
        if (!shown[z] || !shown[frame.numbers[j]]) return;
        const length = Math.hypot(x[3 * j] - x[3 * i], x[3 * j + 1] - x[3 * i + 1], x[3 * j + 2] - x[3 * i + 2]);
        const t = Math.min(0.5, 0.9 * drawn(z) * state.size / length), inks = bondInks[z][shade(d)];
        const ax = places[3 * i], ay = places[3 * i + 1], bx = places[3 * j], by = places[3 * j + 1];
        const ends = [ax + t * (bx - ax), ay + t * (by - ay), (ax + bx) / 2, (ay + by) / 2];
        g.lineWidth = Math.max(1, 2 * BOND_RADIUS * s);
        g.strokeStyle = isFine ? inks[0] : inks[1];
        stroke(...ends);
        if (isFine) {
          g.lineWidth *= 0.6;
          g.strokeStyle = inks[1];
          stroke(...ends);
        }
      }
    }

    function stroke(ax, ay, bx, by) {
      g.beginPath();
      g.moveTo(ax, ay);
      g.lineTo(bx, by);
      g.stroke();
    }

    // The atom in front at a place of the canvas, or -1.
    function atomAt(px, py) {
      if (wanted) draw();
      const frame = frames[state.frame];
      let best = -1, nearest = -Infinity;
      for (let i = 0; i < frame.n; i++) {
        const r = Math.max(4, drawn(frame.numbers[i]) * state.size * state.scale);
        const square = r * r - (places[3 * i] - px) ** 2 - (places[3 * i + 1] - py) ** 2;
        const height = places[3 * i + 2] + Math.sqrt(Math.max(0, square)) / state.scale;
        if (shown[frame.numbers[i]] && square >= 0 && height > nearest) { best = i; nearest = height; }
      }
      return best;
    }

    function tell() {
      const frame = frames[state.frame], x = frame.positions;
      state.picked = state.picked.filter(i => i < frame.n);
      const lines = state.picked.map(i => "atom " + i + " \u00b7 " + data.elements[frame.numbers[i]][0] + " \u00b7 ("
        + [0, 1, 2].map(k => x[3 * i + k].toFixed(4)).join(", ") + ") \u00c5");
      if (lines.length === 2) {
        const [i, j] = state.picked, d = Math.hypot(...[0, 1, 2].map(k => x[3 * i + k] - x[3 * j + k]));
        lines.push("distance " + d.toFixed(4) + " \u00c5");
      }
      told.textContent = lines.join("\n");
    }

    function pick(px, py, isMore) {
      const atom = atomAt(px, py);
      state.picked = atom < 0 ? [] : isMore ? state.picked.filter(i => i !== atom).slice(-1).concat(atom) : [atom];
      tell();
      ask();
    }

    function zoom(factor, px, py) {
      const from = [px - canvas.clientWidth / 2, py - canvas.clientHeight / 2];
      state.pan = state.pan.map((p, k) => from[k] + (p - from[k]) * factor);
      state.scale *= factor;
      ask();
    }

    function turn(dx, dy) {
      state.turn = times(aboutX(dy), times(aboutY(dx), state.turn));
      ask();
    }

    function toFrame(f) {
      state.frame = f;
      tell();
      ask();
    }

    inks();
    measure();
    const most = bondsIn(frames[0]).length / 2;
    state.bonds = most <= 2 * MANY;
    state.size = most && state.bonds ? 0.5 : 0.9;
    reset();
    noetherControls({
      root, canvas, bar, data, frames, state, shown, element, ask, turn, zoom, pick, reset, toFrame,
      look: axis => { state.turn = VIEWS[axis].slice(); ask(); },
      moving: is => { moving = is; ask(); }
    });
    new ResizeObserver(draw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { inks(); ask(); });
    draw();
  }

  document.querySelectorAll(".noether-view").forEach(start);
})();
