// <form data-weights>: a file of weights goes to the REST endpoint with its progress; the run that takes it in is opened.
(() => {
  const size = bytes => bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;

  document.addEventListener('submit', async event => {
    const form = event.target.closest?.('form[data-weights]');
    if (!form) return;
    event.preventDefault();
    const data = new FormData(form), button = form.querySelector('button[type=submit]');
    const bar = form.querySelector('[data-progress]'), words = form.querySelector('[data-progress-words]');
    const place = name => form.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
    for (const complaint of form.querySelectorAll('[data-error-for]')) complaint.textContent = '';
    if (!data.get('weights')?.size) { place('weights').textContent = 'Choose a safetensors file first.'; return; }
    if (!data.get('name')) data.delete('name');
    button.disabled = true;
    try {
      const answer = await window.weblab.send('POST', '/api/v1/checkpoints:import', data, {}, (sent, total) => {
        bar.hidden = false;
        bar.setAttribute('aria-valuenow', String(Math.round(100 * sent / total)));
        bar.firstElementChild.style.width = `${100 * sent / total}%`;
        words.textContent = sent < total ? `${size(sent)} of ${size(total)}` : 'Looking at the file';
      });
      if (answer.ok) { location.assign(`/runs/${answer.body.id}`); return; }
      const general = [];
      for (const [name, messages] of Object.entries(answer.body?.errors ?? {})) {
        if (place(name)) place(name).textContent = messages.join(', ');
        else general.push(`${name}: ${messages.join(', ')}`);
      }
      if (!answer.body?.errors) general.push([answer.body?.title, answer.body?.detail].filter(Boolean).join(': ') || 'the server refused the file');
      place('').textContent = general.join('; ');
    } catch {
      place('').textContent = 'The connection broke; try again.';
    } finally {
      bar.hidden = true;
      words.textContent = '';
      button.disabled = false;
    }
  });
})();
