// Help and palette start the tour; the component shows it.
(() => {
  let component = null;
  const begin = () => component?.invokeMethodAsync('Begin');
  window.weblab = Object.assign(window.weblab ?? {}, { onTour: reference => { component = reference; }, tour: begin });
  document.addEventListener('click', event => { if (event.target.closest?.('[data-tour]')) begin(); });
})();
