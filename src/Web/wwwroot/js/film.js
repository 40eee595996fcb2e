// Plays the film of an attack: one picture holds all frames, the trace beside it says what was known at each. Everything happens here, so
// that scrubbing waits for nobody; pages without a circuit use the same file.
const films = new WeakMap();

const number = value => value == null ? '–' : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));
const percent = value => value == null ? '–' : `${(value * 100).toFixed(1)} %`;

export async function start(root) {
  if (!root?.dataset) return; // the page has moved on while this file was on its way
  stop(root);
  const film = { root, at: 0, timer: 0, blink: false, over: new AbortController() };
  films.set(root, film);
  try {
    const address = new URL(root.dataset.film, document.baseURI);
    const trace = await (await fetch(address, { signal: film.over.signal })).json();
    const strip = new Image();
    strip.src = new URL(trace.film, address).href;
    await strip.decode();
    if (films.get(root) !== film) return;
    Object.assign(film, { trace, strip, width: strip.naturalWidth / trace.frames.length, height: strip.naturalHeight / 2, at: trace.frames.length - 1 });
  } catch (error) {
    if (error.name !== 'AbortError') root.querySelector('[data-out=step]').textContent = 'could not be loaded';
    return;
  }
  for (const canvas of root.querySelectorAll('canvas')) [canvas.width, canvas.height] = [film.width, film.height];
  const on = (name, event, what) => root.querySelector(`[data-${name}]`).addEventListener(event, what, { signal: film.over.signal });
  on('scrub', 'input', event => { pause(film); show(film, +event.target.value); });
  on('back', 'click', () => { pause(film); show(film, film.at - 1); });
  on('next', 'click', () => { pause(film); show(film, film.at + 1); });
  on('play', 'click', () => film.timer ? pause(film) : play(film));
  on('speed', 'change', () => { if (film.timer) { pause(film); play(film); } });
  on('blink', 'click', event => { film.blink = !film.blink; event.currentTarget.setAttribute('aria-pressed', film.blink); show(film, film.at); });
  on('less', 'click', () => gain(film, 0.5));
  on('more', 'click', () => gain(film, 2));
  root.dataset.ready = 'true';
  show(film, film.at);
}

export function stop(root) {
  const film = root && films.get(root);
  if (!film) return;
  pause(film);
  film.over.abort();
  films.delete(root);
  delete root.dataset.ready;
}

function play(film) {
  if (film.at >= film.trace.frames.length - 1) show(film, 0);
  film.timer = setInterval(() => {
    show(film, film.at + 1);
    if (film.at >= film.trace.frames.length - 1) pause(film);
  }, 1000 / +film.root.querySelector('[data-speed]').value);
  mark(film);
}

function pause(film) {
  clearInterval(film.timer);
  film.timer = 0;
  mark(film);
}

// Contrast turns around grey, as the difference does: what is cut off already stays so.
function gain(film, factor) {
  film.gain = Math.max(0.125, Math.min(16, (film.gain ?? 1) * factor));
  film.root.querySelector('[data-delta]').style.filter = `contrast(${film.gain})`;
  film.root.querySelector('[data-out=gain]').textContent = number(+film.root.dataset.amplify * film.gain);
}

function mark(film) {
  const button = film.root.querySelector('[data-play]');
  button.classList.toggle('playing', film.timer !== 0);
  button.setAttribute('aria-label', film.timer ? 'Pause' : 'Play');
}

function show(film, at) {
  const { root, trace, strip, width, height } = film;
  film.at = Math.max(0, Math.min(trace.frames.length - 1, at));
  const frame = trace.frames[film.at], last = film.at === trace.frames.length - 1;
  const draw = (name, k, row) => {
    const canvas = root.querySelector(`[data-${name}]`).getContext('2d');
    canvas.imageSmoothingEnabled = false;
    canvas.drawImage(strip, k * width, row * height, width, height, 0, 0, width, height);
  };
  draw('picture', film.blink ? 0 : film.at, 0);
  draw('delta', film.at, 1);
  const step = frame.number === 0 ? 'clean' : last ? 'result' : `${frame.number} of ${trace.looks}`;
  const out = {
    step, loss: number(frame.loss), gradient: number(frame.gradient), linf: (frame.linf * 255).toFixed(1), l2: number(frame.l2),
    true: percent(frame.confidence), target: percent(frame.targetConfidence),
  };
  for (const [name, text] of Object.entries(out)) root.querySelector(`[data-out=${name}]`).textContent = text;
  const scrub = root.querySelector('[data-scrub]');
  scrub.max = trace.frames.length - 1;
  scrub.value = film.at;
  scrub.setAttribute('aria-valuetext', `${step}: ${frame.top[0].name} ${percent(frame.top[0].probability)}`);
  bars(root.querySelector('[data-top]'), frame.top);
}

// Rows are kept and filled anew: nothing jumps.
function bars(list, top) {
  while (list.children.length < top.length) {
    const row = document.createElement('li');
    for (const name of ['bar-name', 'bar-track', 'number']) row.append(Object.assign(document.createElement('span'), { className: name }));
    row.children[1].append(document.createElement('span'));
    list.append(row);
  }
  top.forEach((guess, k) => {
    const row = list.children[k];
    row.children[0].textContent = guess.name;
    row.children[1].firstChild.style.width = `${guess.probability * 100}%`;
    row.children[2].textContent = percent(guess.probability);
  });
}

for (const root of document.querySelectorAll('[data-film][data-auto]')) start(root);
