// Archives go to the REST endpoint part by part; after a cut the rest goes on where the server says.
(() => {
  const partBytes = 16 * 1024 * 1024;
  const pause = seconds => new Promise(done => setTimeout(done, seconds * 1000));
  const size = bytes => bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

  class Refused extends Error {
    constructor(problem) { super([problem?.title, problem?.detail].filter(Boolean).join(': ') || 'the server refused the upload'); this.errors = problem?.errors ?? {}; }
  }

  function take(answer) {
    if (!answer.ok) throw new Refused(answer.body);
    return answer.body;
  }

  async function upload(file, id, options, show) {
    const { call, send } = window.weblab;
    const home = `/api/v1/datasets/${encodeURIComponent(id)}/uploads`;
    let state = take(await call('POST', home, { fileName: file.name, bytes: file.size }));
    const path = `${home}/${state.id}`, began = performance.now();
    let failures = 0;
    while (state.receivedBytes < file.size) {
      const from = state.receivedBytes, to = Math.min(from + partBytes, file.size);
      try {
        const answer = await send('PUT', path, file.slice(from, to), { 'Content-Type': 'application/octet-stream', 'Content-Range': `bytes ${from}-${to - 1}/${file.size}` }, sent => {
          const done = from + sent, speed = done / ((performance.now() - began) / 1000);
          show(done / file.size, `${size(done)} of ${size(file.size)}, ${size(speed)}/s`);
        });
        state = take(answer);
        failures = 0;
      } catch (error) {
        if (error instanceof Refused || ++failures > 8) throw error;
        show(from / file.size, 'The connection broke; trying again');
        await pause(Math.min(10, failures));
        const now = await call('GET', path).catch(() => null);
        if (now?.ok) state = now.body;
      }
    }
    show(1, 'Checking');
    return take(await call('POST', `${path}:complete`, options));
  }

  document.addEventListener('submit', async event => {
    const form = event.target.closest?.('form[data-upload]');
    if (!form) return;
    event.preventDefault();
    const data = new FormData(form), file = data.get('file'), button = form.querySelector('button[type=submit]');
    const bar = form.querySelector('[data-progress]'), words = form.querySelector('[data-progress-words]'), error = form.querySelector('[data-error-for=""]');
    error.textContent = '';
    if (!file?.size) { error.textContent = 'Choose a zip, tar or tar.gz file first.'; return; }
    const show = (fraction, text) => {
      bar.hidden = false;
      bar.setAttribute('aria-valuenow', String(Math.round(fraction * 100)));
      bar.firstElementChild.style.width = `${fraction * 100}%`;
      words.textContent = text;
    };
    button.disabled = true;
    try {
      const options = { name: data.get('name') || null, kind: data.get('kind'), size: Number(data.get('size')) || undefined,
        channels: Number(data.get('channels')) || undefined, extra: data.has('extra'), testOnly: data.has('testOnly') };
      const made = await upload(file, data.get('id'), options, show);
      Blazor.navigateTo(`runs/${made.runId}`);
    } catch (failure) {
      error.textContent = failure.message;
      bar.hidden = true;
      words.textContent = '';
    } finally {
      button.disabled = false;
    }
  });

  // The name of the file suggests the id.
  document.addEventListener('change', event => {
    const input = event.target.closest?.('form[data-upload] input[type=file]');
    const id = input?.form.elements.id;
    if (input?.files[0] && id && !id.value)
      id.value = input.files[0].name.toLowerCase().replace(/\.(tar\.gz|tgz|tar|zip|gz)$/, '').replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 64);
  });
})();
