// Pictures on canvas in two layers: what is there below, what moves above. A picture is as wide as its box and
// is laid out anew when that changes; pixels are those of the screen, at most two for one of CSS.

const LAYERED_WIDTH = 440; // where the box has no width yet (not in the document)

// layout(width) → height; paint() draws both layers whole. Returns {element, base, top (contexts in CSS pixels),
// width, height, refresh()}.
function layered(label, layout, paint) {
  const base = element("canvas", { role: "img", "aria-label": visible(label) });
  const top = element("canvas", { class: "moving", "aria-hidden": "true" });
  const box = element("div", { class: "layers" }, base, top);
  const self = { element: box, base: base.getContext("2d"), top: top.getContext("2d"), width: 0, height: 0 };

  self.refresh = () => {
    const width = Math.floor(box.clientWidth) || LAYERED_WIDTH,
      scale = Math.min(2, Math.max(1, devicePixelRatio || 1));
    const height = Math.ceil(layout(width));
    if (self.width !== width || self.height !== height || self.scale !== scale) {
      Object.assign(self, { width, height, scale });
      for (const canvas of [base, top]) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
      }
    }
    for (const context of [self.base, self.top]) {
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
    }
    paint();
  };
  // In the next frame: a picture that grows inside its observer would be observed again at once.
  const fit = () => {
    if (Math.floor(box.clientWidth) !== self.width && box.clientWidth > 0) self.refresh();
  };
  new ResizeObserver(() => requestAnimationFrame(fit)).observe(box);
  return self;
}

// Attacks as lines with a dot at their end, those that a remedy stops half as long: cased in the colour of the
// page, so that red stays apart from red. place(group, address) → a point.
function drawAttacks(context, palette, attacks, place) {
  for (const stopped of [true, false]) {
    const ends = [];
    context.beginPath();
    for (const attack of attacks) {
      if (attack.stopped !== stopped) continue;
      const [fromX, fromY] = place(attack.from, -1),
        [toX, toY] = place(attack.to, attack.address);
      const part = stopped ? 0.5 : 1,
        endX = fromX + part * (toX - fromX),
        endY = fromY + part * (toY - fromY);
      context.moveTo(fromX, fromY);
      context.lineTo(endX, endY);
      ends.push(endX, endY);
    }
    context.strokeStyle = palette.page;
    context.lineWidth = 3;
    context.stroke();
    context.strokeStyle = stopped ? palette.stopped : palette.attack;
    context.lineWidth = 1.25;
    context.stroke();
    drawDots(context, palette, ends, context.strokeStyle);
  }
}

// points: x, y, x, y …
function drawDots(context, palette, points, colour) {
  context.fillStyle = palette.page;
  for (let i = 0; i < points.length; i += 2) context.fillRect(points[i] - 2.5, points[i + 1] - 2.5, 5, 5);
  context.fillStyle = colour;
  for (let i = 0; i < points.length; i += 2) context.fillRect(points[i] - 1.5, points[i + 1] - 1.5, 3, 3);
}
