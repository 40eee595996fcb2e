// The command palette: a combobox over pages, actions, what was open lately, and what the server finds.
(() => {
  const most = 8, pause = 120, store = 'weblab-recent';
  let options = [], active = -1, timer = 0, asked = 0, back = null, only = false;
  const el = id => document.getElementById(id);
  const fits = (text, words) => words.every(w => text.toLowerCase().includes(w));
  const wordsOf = text => text.trim().toLowerCase().split(/\s+/).filter(Boolean);

  // --- what was open lately
  const recent = () => { try { return JSON.parse(localStorage.getItem(store) ?? '[]'); } catch { return []; } };
  function remember() {
    const page = location.pathname.slice(1);
    if (!/^(experiments|runs|evaluations|datasets|models)\/[^/]+$/.test(page) || /\/(new|compare)$/.test(page)) return;
    const title = document.title.replace(/ · WebLab$/, '');
    if (['WebLab', 'Run', 'Experiment', 'Evaluation', ''].includes(title)) return;
    const list = [{ page, title, kind: page.split('/')[0].replace(/s$/, '') }, ...recent().filter(r => r.page !== page)].slice(0, most);
    try { localStorage.setItem(store, JSON.stringify(list)); } catch { /* storage may be forbidden */ }
  }
  new MutationObserver(remember).observe(document.head, { childList: true, subtree: true, characterData: true });

  // --- what may be done
  const icons = { experiment: 'science', run: 'play_circle', evaluation: 'shield', dataset: 'photo_library', model: 'deployed_code' };
  const commands = () => [...document.querySelectorAll('#palette-commands li')]
    .map(li => ({ group: li.dataset.group, title: li.textContent, detail: '', keys: li.dataset.keys, icon: li.dataset.icon, does: li.dataset.does }));

  // Buttons and links of the page's own head, by their names.
  const actions = () => [...document.querySelectorAll('main .head button, main .head a.button, main [data-action]')]
    .filter(e => !e.disabled && e.getClientRects().length)
    .map(e => ({ group: 'On this page', title: (e.getAttribute('aria-label') ?? [...e.childNodes].filter(n => n.nodeType === 3 || !n.matches?.('.rzi')).map(n => n.textContent).join(' ')).trim(), detail: '', icon: 'bolt', element: e }))
    .filter(a => a.title);

  function run(option) {
    el('palette').close();
    if (option.element) return option.element.click();
    const [verb, what] = option.does ? [option.does.split(':')[0], option.does.slice(option.does.indexOf(':') + 1)] : ['go', option.page];
    if (verb === 'go') Blazor.navigateTo(what === '' ? '/' : what);
    else if (verb === 'theme') document.querySelector(`[data-theme-choice="${what}"]`)?.click();
    else if (verb === 'open') document.querySelector(`[data-open="${what}"]`)?.click();
    else if (verb === 'sign-out') window.weblab.signOut();
    else if (verb === 'tour') window.weblab.tour();
    else if (verb === 'actions') open('', true);
  }

  function show(list, note = '') {
    options = list;
    const box = el('palette-list');
    box.replaceChildren();
    let group = null, part = null;
    list.forEach((option, at) => {
      if (option.group !== group) {
        group = option.group;
        part = document.createElement('div');
        part.setAttribute('role', 'group');
        part.setAttribute('aria-label', group);
        const head = document.createElement('div');
        head.className = 'palette-group';
        head.setAttribute('aria-hidden', 'true');
        head.textContent = group;
        part.append(head);
        box.append(part);
      }
      const line = document.createElement('div');
      line.id = `palette-option-${at}`;
      line.className = 'palette-option';
      line.setAttribute('role', 'option');
      const icon = document.createElement('i');
      icon.className = 'rzi';
      icon.setAttribute('aria-hidden', 'true');
      icon.textContent = option.icon;
      const title = document.createElement('span');
      title.className = 'palette-title';
      title.textContent = option.title;
      line.append(icon, title);
      if (option.detail) {
        const detail = document.createElement('span');
        detail.className = 'palette-detail';
        detail.textContent = option.detail;
        line.append(detail);
      }
      for (const key of (option.keys ?? '').split(' ').filter(Boolean)) {
        const kbd = document.createElement('kbd');
        kbd.textContent = key;
        line.append(kbd);
      }
      line.addEventListener('click', () => run(option));
      line.addEventListener('mousemove', () => choose(at, false));
      part.append(line);
    });
    el('palette-state').textContent = note || (list.length ? '' : 'Nothing fits.');
    choose(list.length ? 0 : -1);
  }

  function choose(at, scroll = true) {
    active = at;
    const lines = [...document.querySelectorAll('.palette-option')];
    lines.forEach((line, i) => line.setAttribute('aria-selected', String(i === at)));
    const input = el('palette-input');
    if (at < 0) input.removeAttribute('aria-activedescendant');
    else {
      input.setAttribute('aria-activedescendant', lines[at].id);
      if (scroll) lines[at].scrollIntoView({ block: 'nearest' });
    }
  }

  function local(text) {
    const words = wordsOf(text);
    if (only) return actions().filter(a => fits(a.title, words));
    const lately = recent().filter(r => `/${r.page}` !== location.pathname && fits(`${r.title} ${r.kind}`, words))
      .map(r => ({ group: 'Recent', title: r.title, detail: r.kind, icon: icons[r.kind] ?? 'history', page: r.page }));
    const own = words.length ? actions().filter(a => fits(a.title, words)) : [];
    return [...lately, ...own, ...commands().filter(c => fits(c.title, words))];
  }

  function typed() {
    const text = el('palette-input').value;
    clearTimeout(timer);
    const ask = !only && wordsOf(text).length > 0;
    show(local(text), ask ? 'Searching…' : only && !local('').length ? 'This page has no actions of its own.' : '');
    if (ask) timer = setTimeout(() => search(text), pause);
  }

  async function search(text) {
    const turn = ++asked;
    try {
      const answer = await fetch(`/api/v1/search?q=${encodeURIComponent(text)}&limit=5`);
      if (turn !== asked || el('palette-input').value !== text) return;
      if (!answer.ok) throw new Error(answer.status);
      const known = local(text);
      const found = (await answer.json()).items.filter(h => !known.some(k => k.page === h.page))
        .map(h => ({ group: 'Found', title: h.title, detail: h.detail ? `${h.kind}, ${h.detail}` : h.kind, icon: icons[h.kind] ?? 'search', page: h.page }));
      const at = active;
      show([...known, ...found]);
      if (at > 0 && at < options.length) choose(at);
    } catch {
      if (turn === asked) el('palette-state').textContent = 'The server does not answer; pages and actions are still here.';
    }
  }

  function open(text = '', actionsOnly = false) {
    const dialog = el('palette');
    if (!dialog) return;
    if (!dialog.open) {
      if (document.querySelector('dialog[open]')) return;
      back = document.activeElement;
      dialog.showModal();
    }
    only = actionsOnly;
    const input = el('palette-input');
    input.placeholder = only ? 'Actions of this page' : 'Search or jump to…';
    input.value = text;
    input.focus();
    typed();
  }

  document.addEventListener('input', event => { if (event.target.id === 'palette-input') typed(); });
  document.addEventListener('close', event => { if (event.target.id === 'palette') { asked++; back?.focus?.(); } }, true);
  document.addEventListener('keydown', event => {
    if (event.target.id !== 'palette-input') return;
    const last = options.length - 1;
    const moves = { ArrowDown: active >= last ? 0 : active + 1, ArrowUp: active <= 0 ? last : active - 1, PageDown: Math.min(last, active + 8), PageUp: Math.max(0, active - 8) };
    if (event.key in moves && options.length) {
      event.preventDefault();
      choose(moves[event.key]);
    } else if (event.key === 'Enter' && options[active]) {
      event.preventDefault();
      run(options[active]);
    }
  });
  document.addEventListener('click', event => {
    if (event.target.closest?.('[data-palette]')) open('');
    if (event.target.id === 'palette') event.target.close(); // outside the box
  });

  window.weblab = Object.assign(window.weblab ?? {}, { palette: open });
})();
