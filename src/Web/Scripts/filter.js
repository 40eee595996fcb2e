// Completions for <input data-filter data-fields="[...]">: names of fields, words that occur, and 'and'. The list follows the combobox pattern.
(() => {
  const most = 12;
  let box = null, list = null, options = [], at = -1;

  const split = text => {
    // The term under the caret begins behind the last 'and' that stands outside quotes.
    const begin = [...text.matchAll(/"[^"]*"|\s+and\s+/gi)].filter(m => m[0][0] !== '"').at(-1);
    const from = begin ? begin.index + begin[0].length : text.length - text.trimStart().length;
    return { from, term: text.slice(from) };
  };

  const quoted = value => /^[^\s"(),]+$/.test(value) ? value : `"${value}"`;

  function completions(text) {
    const fields = JSON.parse(box.dataset.fields || '[]');
    const { from, term } = split(text);
    const put = (start, word) => text.slice(0, start) + word;
    const name = /^[A-Za-z]*$/.exec(term);
    if (name) return fields.filter(f => f.name.startsWith(term.toLowerCase()) && f.name !== term || f.name === term)
      .map(f => ({ text: put(from, f.number ? `${f.name}>=` : f.name === 'tag' ? 'tag:' : `${f.name}=`), word: f.name, says: f.says }));
    const value = /^([A-Za-z]+)\s*(?:=|!=|:)\s*"?([^"\s]*)$/.exec(term) ?? /^([A-Za-z]+)\s+in\s*\((?:.*,)?\s*"?([^",)\s]*)$/i.exec(term);
    if (value) {
      const known = fields.find(f => f.name === value[1])?.values ?? [];
      const typed = value[2].toLowerCase(), start = text.length - value[2].length - (text[text.length - value[2].length - 1] === '"' ? 1 : 0);
      return known.filter(v => v.toLowerCase().includes(typed) && v !== value[2]).map(v => ({ text: put(start, quoted(v)), word: v, says: '' }));
    }
    return /\S\s+$/.test(term) && !/\([^)]*$/.test(term) ? [{ text: `${text.trimEnd()} and `, word: 'and', says: 'another term' }] : [];
  }

  function close() {
    if (!box) return;
    list.hidden = true;
    box.setAttribute('aria-expanded', 'false');
    box.removeAttribute('aria-activedescendant');
    at = -1;
  }

  function mark(next) {
    at = next;
    [...list.children].forEach((item, i) => item.setAttribute('aria-selected', String(i === at)));
    if (at < 0) return box.removeAttribute('aria-activedescendant');
    box.setAttribute('aria-activedescendant', list.children[at].id);
    list.children[at].scrollIntoView({ block: 'nearest' });
  }

  function take(option) {
    box.value = option.text;
    box.setSelectionRange(option.text.length, option.text.length);
    show();
  }

  function show() {
    options = box.selectionStart === box.value.length ? completions(box.value).slice(0, most) : [];
    if (!options.length) return close();
    list.replaceChildren(...options.map((option, i) => {
      const item = document.createElement('li'), word = document.createElement('b'), says = document.createElement('span');
      item.id = `${list.id}-${i}`;
      item.setAttribute('role', 'option');
      word.textContent = option.word;
      says.textContent = option.says;
      item.append(word, says);
      item.addEventListener('pointerdown', event => { event.preventDefault(); take(option); });
      return item;
    }));
    list.hidden = false;
    box.setAttribute('aria-expanded', 'true');
    mark(-1);
  }

  const of = event => event.target.closest?.('input[data-filter]');

  document.addEventListener('input', event => {
    if (!of(event)) return;
    box = of(event);
    list = document.getElementById(box.getAttribute('aria-controls'));
    show();
  });

  document.addEventListener('keydown', event => {
    if (!of(event)) return;
    box = of(event);
    list = document.getElementById(box.getAttribute('aria-controls'));
    const open = !list.hidden;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) show();
      else mark((at + (event.key === 'ArrowDown' ? 1 : options.length) + (at < 0 && event.key === 'ArrowUp' ? 1 : 0)) % options.length);
    } else if (open && at >= 0 && (event.key === 'Enter' || event.key === 'Tab')) {
      event.preventDefault();
      take(options[at]);
    } else if (event.key === 'Enter') {
      close();
      // A value that was put in by the script is no change that the browser would tell of.
      box.dispatchEvent(new Event('change', { bubbles: true }));
    } else if (event.key === 'Escape' && open) {
      event.stopPropagation();
      close();
    }
  }, true);

  document.addEventListener('focusout', event => {
    if (!of(event)) return;
    close();
    box?.dispatchEvent(new Event('change', { bubbles: true }));
  });
})();
