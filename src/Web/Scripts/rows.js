// 'x' takes or leaves the row that has the focus; rows are reached by j and k (shell.js).
document.addEventListener('keydown', event => {
  if (event.key !== 'x' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable]') || document.querySelector('dialog[open]')) return;
  const box = event.target.closest?.('tr')?.querySelector('input[data-pick]');
  if (!box || box.disabled) return;
  event.preventDefault();
  box.click();
});

window.weblab = Object.assign(window.weblab ?? {}, {
  close: details => { if (details) details.open = false; },
});
