// The keyboard: data-key="g o" names the keys that press (or focus) an element. Around/Commands.cs is the table; help and palette come from it.
(() => {
  let pending = '', forget = 0;
  const typing = element => element.closest?.('input:not([type=checkbox]):not([type=radio]):not([type=range]):not([type=button]):not([type=submit]), textarea, select, [contenteditable]');
  const shown = element => !element.disabled && element.getClientRects().length > 0;
  const find = keys => [...document.querySelectorAll('[data-key]')].find(e => e.dataset.key === keys && shown(e));

  function rows(step) {
    const links = [...document.querySelectorAll('[data-row]')].filter(shown);
    if (!links.length) return;
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))].focus();
  }

  // Tabs need no key of their own: the bar says which is shown.
  function tab(step) {
    const bar = [...document.querySelectorAll('main nav.tabs')].find(shown);
    const tabs = bar ? [...bar.querySelectorAll('a')] : [];
    const next = tabs[tabs.findIndex(t => t.getAttribute('aria-current') === 'page') + step];
    next?.click();
    return !!next;
  }

  function press(keys) {
    const element = find(keys);
    if (!element) return keys === '[' ? tab(-1) : keys === ']' ? tab(1) : false;
    if (element.matches('input, textarea, select')) element.focus(); else element.click();
    return true;
  }

  document.addEventListener('keydown', event => {
    if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      window.weblab.palette('');
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented || typing(event.target) || document.querySelector('dialog[open]')) return;
    const keys = pending ? `${pending} ${event.key}` : event.key;
    pending = '';
    clearTimeout(forget);
    if (keys === 'j' || keys === 'k') return rows(keys === 'j' ? 1 : -1);
    if (keys === '.') {
      event.preventDefault();
      window.weblab.palette('', true);
    } else if (press(keys)) {
      event.preventDefault();
    } else if (event.key === 'g') {
      pending = 'g';
      forget = setTimeout(() => { pending = ''; }, 1500);
    }
  });

  const always = ['Ctrl K', 'Esc', '.', 'Enter'];
  function mark(dialog) {
    const tabs = document.querySelector('main nav.tabs');
    const anyRow = document.querySelector('[data-row]');
    for (const line of dialog.querySelectorAll('[data-help]')) {
      const keys = line.dataset.help;
      const works = always.includes(keys) || find(keys) || (tabs && '[]'.includes(keys)) || (anyRow && ['j', 'k'].includes(keys));
      line.querySelector('[hidden], .absent')?.toggleAttribute('hidden', !!works);
      line.querySelector('span.soft')?.classList.toggle('absent', !works);
    }
  }

  document.addEventListener('click', event => {
    const opener = event.target.closest?.('[data-open]');
    const dialog = opener && document.getElementById(opener.dataset.open);
    if (!dialog) return;
    if (dialog.id === 'keys') mark(dialog);
    dialog.showModal();
  });

  window.weblab = Object.assign(window.weblab ?? {}, { press });
})();
