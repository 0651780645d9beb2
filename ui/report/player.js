// A course over time that a person plays, stops, and moves through: buttons, a slider, speeds, the time in
// words. The slider runs over the recorded moments, which lie close where most happens, so that a fast worm
// is seen in slow motion. Who asked for less motion sees one still picture after the other.

const PLAY_SECONDS = 20; // the whole course at normal speed
const STILL_SECONDS = 0.8; // between still pictures
const SPOKEN_SECONDS = 5; // between the times that are read out while it plays

// times: moments in seconds. show(position, playing) draws; said(position) is a sentence for those who
// listen; settled(position) is called when it stands still. Returns {element, go(position), position()}.
function makePlayer(times, start, { show, said, settled }) {
  const last = times.length - 1,
    still = matchMedia("(prefers-reduced-motion: reduce)");
  let position = Math.min(start, last),
    playing = false,
    before = 0,
    spokenAt = 0,
    pending = 0;

  const slider = element("input", {
    type: "range", min: 0, max: last, step: "any", class: "course", "aria-label": "Time since the first infection",
    input: () => {
      stop();
      move(Number(slider.value));
    },
    keydown: (event) => {
      const step = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -5, PageUp: 5 }[event.key];
      if (!step) return;
      event.preventDefault();
      stepBy(step);
    },
  });
  const clockFace = element("output", { class: "time" });
  const spoken = element("p", { class: "offscreen", role: "status" });
  const playButton = element("button", { type: "button", class: "play", click: () => (playing ? stop() : play()) });
  const speed = element(
    "select",
    { "aria-label": "Speed" },
    [["0.25", "¼ speed"], ["1", "normal speed"], ["4", "4 × speed"]].map(([value, words]) =>
      element("option", { value, selected: value === "1" }, words),
    ),
  );

  function draw() {
    const time = duration(timeAt(times, position));
    slider.value = position;
    slider.setAttribute("aria-valuetext", time);
    clockFace.textContent = time;
    show(position, playing);
  }

  function settle() {
    clearTimeout(pending);
    pending = setTimeout(() => {
      settled(position);
      spoken.textContent = said(position);
    }, 250);
  }

  function move(to) {
    position = Math.max(0, Math.min(last, to));
    draw();
    settle();
  }

  function stepBy(step) {
    stop();
    move(step > 0 ? Math.floor(position + 1e-6) + step : Math.ceil(position - 1e-6) + step);
  }

  function name() {
    playButton.textContent = playing ? "Pause" : "Play";
  }

  function stop() {
    if (!playing) return;
    playing = false;
    name();
    draw();
    settle();
  }

  function advance(now) {
    if (!playing) return;
    if (!slider.isConnected) {
      playing = false;
      return;
    }
    const seconds = Math.min(now - before, 100) / 1000;
    before = now;
    position = Math.min(last, position + (seconds * Number(speed.value) * last) / PLAY_SECONDS);
    if (now - spokenAt > 1000 * SPOKEN_SECONDS) {
      spokenAt = now;
      spoken.textContent = said(position);
    }
    draw();
    if (position >= last) stop();
    else requestAnimationFrame(advance);
  }

  function nextStill() {
    if (!playing || !slider.isConnected) return;
    position = Math.min(last, Math.floor(position) + 1);
    draw();
    if (position >= last) stop();
    else setTimeout(nextStill, (1000 * STILL_SECONDS) / Number(speed.value));
  }

  function play() {
    if (position >= last) position = 0;
    playing = true;
    name();
    before = spokenAt = performance.now();
    if (still.matches) nextStill();
    else requestAnimationFrame(advance);
  }

  name();
  draw();
  return {
    element: element(
      "div",
      { class: "player screen", role: "group", "aria-label": "Course of the outbreak" },
      playButton,
      element("button", { type: "button", "aria-label": "One moment back", click: () => stepBy(-1) }, "‹"),
      element("button", { type: "button", "aria-label": "One moment on", click: () => stepBy(1) }, "›"),
      slider,
      clockFace,
      speed,
      spoken,
    ),
    go: move,
    position: () => position,
  };
}
