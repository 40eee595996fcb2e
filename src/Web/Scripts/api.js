// Calls to the REST API from the page: forms that must set cookies, and uploads, which do not go through the circuit.
(() => {
  let token = null;

  async function csrf() {
    if (token === null) {
      const answer = await fetch('/api/v1/auth/session');
      token = answer.ok ? (await answer.json()).csrfToken : '';
    }
    return token ? { 'X-CSRF-Token': token } : {};
  }

  async function problem(answer) {
    try { return await answer.json(); } catch { return { title: `The server answered ${answer.status}`, detail: '' }; }
  }

  async function call(method, path, body, signedIn = true) {
    const answer = await fetch(path, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(signedIn ? await csrf() : {}) },
    });
    return { ok: answer.ok, status: answer.status, body: answer.ok ? (answer.status === 204 ? null : await answer.json().catch(() => null)) : await problem(answer) };
  }

  // A body with progress; fetch cannot tell how much has gone out, XMLHttpRequest can.
  async function send(method, path, body, headers, onProgress) {
    const all = { ...headers, ...await csrf() };
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open(method, path);
      for (const [name, value] of Object.entries(all)) request.setRequestHeader(name, value);
      request.upload.onprogress = event => onProgress?.(event.loaded, event.total);
      request.onload = () => {
        let read = null;
        try { read = JSON.parse(request.responseText); } catch { /* an empty answer */ }
        resolve({ ok: request.status < 300, status: request.status, body: read, header: name => request.getResponseHeader(name) });
      };
      request.onerror = () => reject(new Error('the connection broke'));
      request.send(body);
    });
  }

  window.weblab = Object.assign(window.weblab ?? {}, { call, send, csrf });

  // <form data-api="POST /api/v1/..." data-then="/">: fields become the JSON body, refusals stand at their fields.
  document.addEventListener('submit', async event => {
    const form = event.target.closest?.('form[data-api]');
    if (!form) return;
    event.preventDefault();
    const [method, path] = form.dataset.api.split(' ');
    const button = form.querySelector('button[type=submit]');
    const general = form.querySelector('[data-error-for=""]');
    for (const place of form.querySelectorAll('[data-error-for]')) place.textContent = '';
    for (const input of form.elements) input.removeAttribute?.('aria-invalid');
    const fields = Object.fromEntries(new FormData(form));
    if ('again' in fields && fields.again !== fields.password) {
      form.querySelector('[data-error-for="again"]').textContent = 'differs from the password above';
      return;
    }
    delete fields.again;
    button.disabled = true;
    try {
      const answer = await call(method, path, fields, form.dataset.session !== undefined);
      if (answer.ok) {
        const back = new URLSearchParams(location.search).get('returnUrl') ?? form.dataset.then;
        location.assign(back.startsWith('/') && !back.startsWith('//') && !back.startsWith('/\\') ? back : '/');
        return;
      }
      let placed = false;
      for (const [name, messages] of Object.entries(answer.body.errors ?? {})) {
        const place = form.querySelector(`[data-error-for="${CSS.escape(name)}"]`);
        if (!place) continue;
        place.textContent = messages.join(', ');
        form.elements[name]?.setAttribute('aria-invalid', 'true');
        placed = true;
      }
      if (!placed) general.textContent = [answer.body.title, answer.body.detail].filter(Boolean).join(': ');
    } catch {
      general.textContent = 'The server does not answer. Try again in a moment.';
    } finally {
      button.disabled = false;
    }
  });

  document.addEventListener('click', async event => {
    if (event.target.closest?.('[data-sign-out]')) await signOut();
  });

  async function signOut() {
    await call('POST', '/api/v1/auth/sign-out');
    try { localStorage.removeItem('weblab-recent'); } catch { /* storage may be forbidden */ }
    location.assign('/sign-in');
  }
  window.weblab.signOut = signOut;

  // The start link carries its token behind '#', which never reaches a server or a log; it leaves the address at once.
  const hash = new URLSearchParams(location.hash.slice(1));
  const field = document.querySelector('input[name=token]');
  if (field && hash.get('token')) {
    field.value = hash.get('token');
    history.replaceState(null, '', location.pathname);
  }
  if (field) {
    document.querySelector('[data-when=token]').hidden = !field.value;
    document.querySelector('[data-when=no-token]').hidden = !!field.value;
  }
})();
