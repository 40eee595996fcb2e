// The lab's picture and its attack: pictures go to the REST endpoint as they are, steps come back as they happen.
let root = null, page = null, picture = null, running = null;

const shown = 80; // milliseconds between steps that the page is told of

export function init(element, dotnet) {
  root = element;
  page = dotnet;
  const zone = root.querySelector('[data-drop]');
  const input = root.querySelector('input[type=file]');
  zone.addEventListener('dragover', event => { event.preventDefault(); zone.classList.add('over'); });
  zone.addEventListener('dragleave', () => zone.classList.remove('over'));
  zone.addEventListener('drop', event => { event.preventDefault(); zone.classList.remove('over'); take(event.dataTransfer.files[0]); });
  input.addEventListener('change', () => { take(input.files[0]); input.value = ''; });
  document.addEventListener('paste', pasted);
}

export function dispose() {
  document.removeEventListener('paste', pasted);
  running?.abort();
  root = page = picture = null;
}

function pasted(event) {
  const file = [...event.clipboardData?.files ?? []].find(f => f.type.startsWith('image/'));
  if (file) take(file);
}

function take(file) {
  if (!file || !page) return;
  picture = file;
  page.invokeMethodAsync('Picked', file.name || 'pasted picture', file.size);
}

export function preview(image) {
  if (!picture || !image) return;
  const address = URL.createObjectURL(picture);
  image.onload = () => URL.revokeObjectURL(address);
  image.src = address;
}

// job: { checkpointId, attack, sample | null, seed, amplify }
export async function attack(job) {
  running?.abort();
  const control = running = new AbortController();
  const headers = { Accept: 'text/event-stream', ...await window.weblab.csrf() };
  let body;
  if (job.sample) {
    headers['Content-Type'] = 'application/json';
    body = JSON.stringify({ checkpointId: job.checkpointId, attack: job.attack, samples: [job.sample], seed: job.seed, amplify: job.amplify });
  } else {
    body = new FormData();
    body.append('image', picture);
    body.append('checkpointId', job.checkpointId);
    body.append('attack', JSON.stringify(job.attack));
    body.append('seed', job.seed);
    body.append('amplify', job.amplify);
  }
  try {
    const answer = await fetch('/api/v1/lab/attacks', { method: 'POST', headers, body, signal: control.signal });
    if (!answer.ok) return await tell('Refused', words(await answer.json().catch(() => ({ title: `The server answered ${answer.status}` }))), control);
    await read(answer.body, control);
  } catch (error) {
    if (error.name !== 'AbortError') await tell('Refused', 'The connection to the server broke. Try again.', control);
  }
}

const words = problem => [problem.title, problem.detail].filter(Boolean).join(': ');

const tell = (method, value, control) => control === running && page ? page.invokeMethodAsync(method, value) : undefined;

async function read(stream, control) {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let text = '', points = [], last = 0;
  const flush = async () => {
    if (!points.length) return;
    const batch = points;
    points = [];
    last = performance.now();
    await tell('Stepped', batch, control);
  };
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    text += value;
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split('\n');
      const name = lines.find(l => l.startsWith('event:'))?.slice(6).trim();
      const data = JSON.parse(lines.filter(l => l.startsWith('data:')).map(l => l.slice(5)).join('\n') || 'null');
      if (name === 'step') {
        for (const p of data.images.filter(i => i.image === 0)) points.push(data.round * data.steps + data.step, p.loss);
        if (performance.now() - last > shown) await flush();
      } else if (name === 'result') {
        await flush();
        await tell('Finished', data.id, control);
      } else if (name === 'problem') {
        await tell('Refused', words(data), control);
      }
    }
  }
}
