// A page that was rendered ahead carries the data of its first charts: they are drawn while the circuit still starts, after the frame that shows their sketches.
await window.weblab.painted;
for (const element of document.querySelectorAll('[data-ahead]')) {
  const { kind, ...rest } = JSON.parse(element.dataset.ahead);
  import(`./${kind}.js`).then(module => module.ahead(element, rest));
}
