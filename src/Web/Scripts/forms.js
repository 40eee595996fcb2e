// What is typed while the server is away must outlive the page that is loaded when it comes back with no memory of the circuit.
(() => {
  const store = 'weblab-typed', patience = 10000;
  const touched = new Map(); // id -> element that a person changed since the page was shown
  const unsent = new Set(); // ids of those changed while nobody heard it
  const value = e => e.type === 'checkbox' || e.type === 'radio' ? e.checked : e.value;
  const keeps = e => e.id && e.matches?.('main input, main textarea, main select') && !['password', 'file', 'hidden'].includes(e.type);

  // A field that is typed into tells its page when it is left: that may be the moment that nobody hears.
  for (const news of ['input', 'change']) document.addEventListener(news, event => {
    if (!event.isTrusted || !keeps(event.target)) return;
    touched.set(event.target.id, event.target);
    if (document.documentElement.dataset.connection === 'down') unsent.add(event.target.id);
  }, true);

  function saveForms() {
    const typed = [...touched].map(([id, e]) => [id, value(document.getElementById(id) ?? e)]);
    if (!typed.length) return;
    try { sessionStorage.setItem(store, JSON.stringify({ at: location.pathname + location.search, typed })); } catch { /* storage may be forbidden */ }
  }

  function tell(element) {
    element.dispatchEvent(new Event('input', { bubbles: true }));
    element.dispatchEvent(new Event('change', { bubbles: true }));
  }

  function put(element, wanted) {
    if (value(element) === wanted) return;
    if (typeof wanted === 'boolean') element.checked = wanted; else element.value = wanted;
    tell(element);
    touched.set(element.id, element);
  }

  // Called by the shell when the same circuit hears again.
  function resend() {
    for (const id of unsent) {
      const element = document.getElementById(id);
      if (element) tell(element);
    }
    unsent.clear();
  }

  // Called by the shell once its circuit hears events.
  function alive() {
    document.documentElement.dataset.alive = 'true';
    let kept = null;
    try {
      kept = JSON.parse(sessionStorage.getItem(store) ?? 'null');
      sessionStorage.removeItem(store);
    } catch { /* storage may be forbidden, or hold something else */ }
    if (!kept || kept.at !== location.pathname + location.search) return;
    const left = new Map(kept.typed);
    const restore = () => {
      for (const [id, wanted] of left) {
        const element = document.getElementById(id);
        if (!element || element.disabled) continue;
        left.delete(id);
        put(element, wanted);
      }
      if (left.size === 0) watch.disconnect();
    };
    const watch = new MutationObserver(restore);
    watch.observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
    setTimeout(() => watch.disconnect(), patience);
    restore();
  }

  window.weblab = Object.assign(window.weblab ?? {}, { saveForms, alive, resend });
})();
