// Light, dark or the system's: the choice lies in a cookie, so the server sends the right style sheets at once.
(() => {
  const year = 365 * 24 * 3600;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const choice = () => document.documentElement.dataset.theme || 'system';
  const scheme = () => choice() === 'system' ? (dark.matches ? 'dark' : 'light') : choice();

  function show() {
    for (const link of document.querySelectorAll('link[data-scheme]'))
      link.media = choice() === 'system' ? `(prefers-color-scheme: ${link.dataset.scheme})` : link.dataset.scheme === choice() ? 'all' : 'not all';
    document.documentElement.dataset.scheme = scheme();
    mark();
    window.dispatchEvent(new CustomEvent('weblab:theme', { detail: scheme() }));
  }

  function mark() {
    for (const button of document.querySelectorAll('[data-theme-choice]')) {
      const chosen = button.dataset.themeChoice === choice();
      if (button.getAttribute('aria-checked') !== String(chosen)) button.setAttribute('aria-checked', String(chosen));
    }
  }

  document.addEventListener('click', event => {
    const button = event.target.closest?.('[data-theme-choice]');
    if (!button) return;
    document.documentElement.dataset.theme = button.dataset.themeChoice;
    document.cookie = `weblab-theme=${button.dataset.themeChoice}; path=/; max-age=${year}; samesite=lax`;
    show();
  });
  dark.addEventListener('change', show);
  // The circuit renders the buttons anew; mark them again then.
  new MutationObserver(mark).observe(document.body, { childList: true, subtree: true });
  show();
})();
