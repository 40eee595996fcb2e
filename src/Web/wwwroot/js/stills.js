// Draws the charts of pages without a circuit: what they show stands in the page.
import { create, put } from './charts.js';

for (const canvas of document.querySelectorAll('[data-still]')) {
  const { spec, news } = JSON.parse(canvas.dataset.still);
  create(canvas, spec, null);
  put(canvas, news);
}
