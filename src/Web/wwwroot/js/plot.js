// What the charts of every kind share: a canvas that fits its element, is drawn one a frame and only near the window, follows the theme,
// and is there before the circuit of a page that was rendered ahead.
import { init } from '../lib/echarts.js';

export const calm = matchMedia('(prefers-reduced-motion: reduce)');
export const font = { fontFamily: 'Roboto, system-ui, sans-serif' };
export const token = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export const shown = (value, percent) => value == null ? '' : percent ? `${(value * 100).toFixed(1)} %`
  : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));

export const axis = percent => value => percent ? `${Math.round(value * 1000) / 10} %` : shown(value);

export const tip = () => ({
  trigger: 'axis', renderMode: 'richText', confine: true, backgroundColor: token('--surface'), borderColor: token('--line'), textStyle: { color: token('--text'), fontSize: 12 },
});

// What stands below an x axis; `grid.bottom` leaves room for it.
export const below = 26;
export const xName = name => ({ name, nameLocation: 'middle', nameGap: 24, nameTextStyle: { color: token('--text-soft'), fontSize: 12 } });

// Where an x axis begins and ends: at the data; a single point stands in the middle.
export const reach = whole => ({
  min: range => (whole ? Math.floor(range.min) : range.min) - (range.max > range.min ? 0 : 1),
  max: range => range.max + (range.max > range.min ? 0 : 1),
  minInterval: whole ? 1 : 0,
});

const alive = new Set(), due = new Set(), boxes = new WeakMap();
let frame = 0;

function paint(chart) {
  chart.stale = false;
  due.delete(chart);
  chart.draw(chart);
}

// Twenty charts that hear news at once do not hold up the page.
export function later(chart) {
  chart.stale = true;
  if (!chart.near) return;
  due.add(chart);
  frame ||= requestAnimationFrame(drain);
}

function drain() {
  frame = 0;
  const [chart] = due;
  if (chart) paint(chart);
  if (due.size) frame = requestAnimationFrame(drain);
}

const nearness = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    const chart = boxes.get(target);
    if (!chart) continue;
    chart.near = isIntersecting;
    if (chart.near && chart.stale) later(chart);
  }
}, { rootMargin: '1200px' });

const fit = new ResizeObserver(entries => {
  for (const { target: box } of entries) {
    const chart = boxes.get(box);
    if (!chart || !box.isConnected || (chart.view.getWidth() === box.clientWidth && chart.view.getHeight() === box.clientHeight && !chart.stale)) continue;
    chart.view.resize();
    later(chart);
  }
});

window.addEventListener('weblab:theme', () => requestAnimationFrame(() => alive.forEach(later)));

// Charts of one kind, by their element; draw(chart) hands ECharts what it is to show.
export function stage(draw) {
  const charts = new WeakMap();
  return {
    of: element => element && charts.get(element),
    open(element, fields) {
      const box = document.createElement('div');
      box.className = 'chart-box';
      element.append(box);
      const chart = { ...fields, draw, box, near: true, view: init(box, null, { renderer: 'canvas' }) };
      charts.set(element, chart);
      boxes.set(box, chart);
      alive.add(chart);
      nearness.observe(box);
      fit.observe(box);
      return chart;
    },
    // A chart drawn ahead goes on in the element of the circuit.
    adopt(element) {
      const chart = take(element);
      if (chart) charts.set(element, chart);
      return chart;
    },
    close(element) {
      const chart = element && charts.get(element);
      if (!chart) return;
      nearness.unobserve(chart.box);
      fit.unobserve(chart.box);
      chart.view.dispose();
      chart.box.remove();
      charts.delete(element);
      alive.delete(chart);
      due.delete(chart);
    },
  };
}

// Drawn before there was a circuit, by the name of the chart.
const early = new Map();

export function keep(element, chart) {
  early.set(element.dataset.chart, chart);
  renewed.observe(document.body, { childList: true, subtree: true });
  paint(chart);
}

function take(element) {
  const name = element.dataset.chart, chart = early.get(name);
  if (!chart) return undefined;
  early.delete(name);
  if (chart.box.parentElement !== element) element.append(chart.box);
  return chart;
}

// The circuit renders every element anew and asks for its chart a moment later: until then the picture stands in the new element.
const renewed = new MutationObserver(() => {
  if (early.size === 0) return renewed.disconnect();
  for (const [name, { box }] of early)
    if (!box.isConnected) document.querySelector(`[data-chart="${CSS.escape(name)}"]`)?.append(box);
});
