// Starts the circuit and keeps it alive. A connection that is lost is tried again every two seconds or sooner; when the circuit itself is gone
// the page is loaded anew: the address holds the view, and forms.js keeps what was typed.
(() => {
  const box = document.getElementById('components-reconnect-modal');
  const text = document.getElementById('connection-text');
  const waits = [0, 0.5, 1, 2]; // seconds between attempts; the last one repeats
  const patience = 2; // seconds until silence counts as an answer
  const sockets = 6; // that a browser keeps open for one server
  const doze = 20; // seconds in the background, or without a tick of the clock: the tab may have slept
  let down = false, gone = false, timer = 0, attempt = 0, busy = false, ticked = Date.now();

  const within = (promise, seconds) => Promise.race([promise, new Promise((_, no) => setTimeout(() => no(new Error('no answer')), seconds * 1000))]);

  // After a sleep, and whenever one was silent, the connections that the browser kept for requests may all be as dead as the circuit's: each is asked, and the silent ones given up.
  async function serverAnswers() {
    const stop = new AbortController(), limit = setTimeout(() => stop.abort(), (attempt < 3 ? 1 : 5 * patience) * 1000);
    try {
      await Promise.any(Array.from({ length: gone || attempt > 1 ? sockets : 1 }, async () => {
        const answer = await fetch('health/live', { cache: 'no-store', signal: stop.signal });
        if (!answer.ok) throw new Error(`status ${answer.status}`);
      }));
    } finally {
      clearTimeout(limit);
      stop.abort();
    }
  }

  function later() {
    clearTimeout(timer);
    const wait = waits[Math.min(attempt, waits.length - 1)];
    text.textContent = `Connection lost. What you see may be old. Trying again${wait ? ` in ${wait} s` : ''}.`;
    timer = setTimeout(tryNow, wait * 1000);
  }

  async function tryNow() {
    if (!down || busy) return;
    busy = true;
    clearTimeout(timer);
    attempt++;
    text.textContent = 'Connection lost. Trying again.';
    try {
      await serverAnswers();
      // false: the server no longer knows this circuit.
      if (gone || await within(Blazor.reconnect(), 5 * patience) === false) {
        window.weblab.saveForms();
        location.reload();
      }
      else up();
    } catch {
      later();
    } finally {
      busy = false;
    }
  }

  function lost() {
    down = true;
    attempt = 0;
    box.hidden = false;
    document.documentElement.dataset.connection = 'down';
    later();
  }

  function up() {
    down = gone = false;
    attempt = 0;
    clearTimeout(timer);
    box.hidden = true;
    document.documentElement.dataset.connection = 'up';
    window.weblab.resend();
  }

  // A tab that slept may hold a connection that died without a word: it is asked, and silence means that the circuit is gone.
  async function wake() {
    ticked = Date.now();
    if (down) return tryNow();
    if (!document.documentElement.dataset.alive) return;
    const answer = DotNet.invokeMethodAsync('WebLab.Web', 'Awake');
    answer.then(() => { if (gone) up(); }, () => {}); // late, but not gone
    try {
      await within(answer, patience);
    } catch {
      if (down) return;
      gone = true;
      lost();
    }
  }

  const slept = () => Date.now() - ticked > doze * 1000;
  document.getElementById('connection-retry').addEventListener('click', tryNow);
  document.addEventListener('resume', wake);
  for (const [target, name] of [[window, 'focus'], [window, 'online'], [document, 'visibilitychange']]) target.addEventListener(name, () => { if (!document.hidden && (down || slept())) wake(); });
  setInterval(() => {
    if (document.hidden) return; // the time in the background counts as sleep
    if (slept()) wake();
    ticked = Date.now();
  }, 1000);

  // The first frame shows the page's data; what starts engines waits for it. A tab in the background has no frames.
  window.weblab.painted = document.hidden ? Promise.resolve() : new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  window.weblab.painted.then(() => Blazor.start({ circuit: { reconnectionHandler: { onConnectionDown: lost, onConnectionUp: up } } }));

  // The script shows this box by an inline style; the attribute keeps it out of the way until then.
  const failure = document.getElementById('blazor-error-ui');
  new MutationObserver(() => { if (failure.style.display === 'block') failure.hidden = false; }).observe(failure, { attributes: true, attributeFilter: ['style'] });
  failure.querySelector('.reload').addEventListener('click', event => { event.preventDefault(); location.reload(); });

  document.addEventListener('click', event => {
    const copier = event.target.closest?.('[data-copy]');
    if (copier) navigator.clipboard?.writeText(copier.dataset.copy);
  });

  // Unfinished forms: kept in this browser until they are sent.
  window.weblab = Object.assign(window.weblab ?? {}, {
    keep: (name, value) => { try { if (value === null) localStorage.removeItem(name); else localStorage.setItem(name, value); } catch { /* storage may be forbidden */ } },
    kept: name => { try { return localStorage.getItem(name); } catch { return null; } },
  });
})();
