// Starts the circuit and keeps it alive.
(() => {
  const box = document.getElementById('components-reconnect-modal');
  const text = document.getElementById('connection-text');
  const waits = [0, 1, 2, 3, 5, 8, 10]; // seconds between attempts; the last one repeats
  let down = false, timer = 0, attempt = 0, busy = false;

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
      // false: the server answered but no longer knows this circuit; the address holds the view, so load it anew.
      if (await Blazor.reconnect() === false) {
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

  function up() {
    down = false;
    attempt = 0;
    clearTimeout(timer);
    box.hidden = true;
    document.documentElement.dataset.connection = 'up';
  }

  document.getElementById('connection-retry').addEventListener('click', tryNow);
  for (const [target, name] of [[window, 'focus'], [window, 'online'], [document, 'visibilitychange']])
    target.addEventListener(name, () => { if (!document.hidden) tryNow(); });

  Blazor.start({
    circuit: {
      reconnectionHandler: {
        onConnectionDown: () => {
          down = true;
          attempt = 0;
          box.hidden = false;
          document.documentElement.dataset.connection = 'down';
          later();
        },
        onConnectionUp: up,
      },
    },
  });

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
