// Line charts on a canvas. The server sends points; zoom, log axis and theme live here and survive new data.
import * as echarts from '../lib/echarts.js';

const charts = new WeakMap();
const alive = new Set();
const calm = matchMedia('(prefers-reduced-motion: reduce)');

// Okabe and Ito's palette, with a grey for its black: told apart with any colour vision. Yellow is left out: it vanishes on white.
const tones = {
  light: ['#0072b2', '#c04e00', '#007a5e', '#a8457f', '#444a5a', '#8a6100'],
  dark: ['#56b4e9', '#ff9b4a', '#2fc79c', '#e39ac4', '#c9cede', '#f0c75e'],
};
const dashes = ['solid', [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 4]];

function look() {
  const style = getComputedStyle(document.documentElement);
  const token = name => style.getPropertyValue(name).trim();
  return { scheme: document.documentElement.dataset.scheme || 'light', text: token('--text'), faint: token('--text-soft'), line: token('--line'), surface: token('--surface') };
}

const shown = (value, percent) => value == null ? '' : percent ? `${(value * 100).toFixed(1)} %`
  : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(4));

// Rows that the legend takes at this width; a letter is about 7 pixels wide.
function legendRows(names, width) {
  let rows = 1, at = 0;
  for (const name of names) {
    const item = 46 + 7 * name.length;
    if (at > 0 && at + item > width) { rows++; at = 0; }
    at += item;
  }
  return rows;
}

function option(chart) {
  const { spec, points } = chart, theme = look(), colors = tones[theme.scheme] ?? tones.light;
  const top = 14 + 20 * legendRows(spec.series.map(s => s.name), chart.view.getWidth());
  return {
    animation: !calm.matches && points.reduce((n, p) => n + p.length, 0) < 300,
    animationDuration: 200,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: 'Roboto, system-ui, sans-serif' },
    grid: { left: 8, right: 14, top, bottom: 8, containLabel: true },
    legend: { top: 0, left: 0, icon: 'path://M0 4h24v3H0z', itemWidth: 22, itemHeight: 3, itemGap: 16, textStyle: { color: theme.text, fontSize: 12 } },
    tooltip: {
      trigger: 'axis', renderMode: 'richText', backgroundColor: theme.surface, borderColor: theme.line, textStyle: { color: theme.text, fontSize: 12 },
      formatter: items => [`${spec.xName} ${shown(items[0]?.value[0])}`, ...items.map(i => `${i.seriesName}   ${shown(i.value[1], spec.percent)}${spec.unit ? ` ${spec.unit}` : ''}`)].join('\n'),
    },
    xAxis: { type: 'value', min: 'dataMin', max: spec.wholeX ? range => Math.max(range.max, range.min + 1) : 'dataMax', minInterval: spec.wholeX ? 1 : 0, axisLine: { lineStyle: { color: theme.line } }, axisLabel: { color: theme.faint, hideOverlap: true }, splitLine: { show: false } },
    yAxis: {
      type: chart.log ? 'log' : 'value', scale: !spec.percent, min: spec.percent && !chart.log ? 0 : undefined, max: spec.percent && !chart.log ? 1 : undefined,
      axisLabel: { color: theme.faint, formatter: v => spec.percent ? `${Math.round(v * 1000) / 10} %` : shown(v) }, splitLine: { lineStyle: { color: theme.line } },
    },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false, filterMode: 'none', ...chart.zoom }],
    series: spec.series.map((s, i) => ({
      name: s.name, type: 'line', data: chart.log ? points[i].filter(p => p[1] > 0) : points[i], showSymbol: points[i].length < 40, symbolSize: 5, emphasis: { focus: 'series' },
      color: colors[s.tone % colors.length], lineStyle: { width: 2, type: dashes[i % dashes.length] },
    })),
  };
}

const draw = chart => chart.view.setOption(option(chart), { replaceMerge: ['series'] });

export function create(element, spec) {
  if (!element) return; // the page has moved on while this file was on its way
  dispose(element);
  const view = echarts.init(element, null, { renderer: 'canvas' });
  const chart = { view, spec, log: spec.log, points: spec.series.map(() => []), zoom: { start: 0, end: 100 } };
  view.on('datazoom', event => {
    const last = event.batch?.[0] ?? event;
    if (last.start !== undefined) chart.zoom = { start: last.start, end: last.end };
  });
  view.getZr().on('dblclick', () => { chart.zoom = { start: 0, end: 100 }; draw(chart); });
  chart.resize = new ResizeObserver(() => { view.resize(); draw(chart); });
  chart.resize.observe(element);
  charts.set(element, chart);
  alive.add(chart);
  draw(chart);
}

// updates: [{ at: series, from: index, xy: [x0, y0, x1, y1, ...] }]; what stood from `from` on is replaced.
export function put(element, updates) {
  const chart = charts.get(element);
  if (!chart) return;
  for (const { at, from, xy } of updates) {
    const list = chart.points[at].slice(0, from);
    for (let i = 0; i < xy.length; i += 2) list.push([xy[i], xy[i + 1]]);
    chart.points[at] = list;
  }
  draw(chart);
}

export function logAxis(element, on) {
  const chart = charts.get(element);
  if (!chart) return;
  chart.log = on;
  draw(chart);
}

export function zoom(element, factor) {
  const chart = charts.get(element);
  if (!chart) return;
  const middle = (chart.zoom.start + chart.zoom.end) / 2, half = Math.min(50, Math.max(1, (chart.zoom.end - chart.zoom.start) / 2 * factor));
  chart.zoom = factor === 0 ? { start: 0, end: 100 } : { start: Math.max(0, middle - half), end: Math.min(100, middle + half) };
  draw(chart);
}

export function save(element, name) {
  const chart = charts.get(element);
  if (!chart) return;
  const link = document.createElement('a');
  link.href = chart.view.getDataURL({ pixelRatio: 2, backgroundColor: look().surface });
  link.download = `${name}.png`;
  link.click();
}

export function dispose(element) {
  const chart = element && charts.get(element);
  if (!chart) return;
  chart.resize.disconnect();
  chart.view.dispose();
  charts.delete(element);
  alive.delete(chart);
}

window.addEventListener('weblab:theme', () => requestAnimationFrame(() => alive.forEach(draw)));
