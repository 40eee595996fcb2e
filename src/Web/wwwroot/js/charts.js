// Line charts on a canvas. The server sends points; zoom, log axis and theme live here and survive new data.
import { axis, below, font, keep, later, reach, shown, stage, tip, token, xName } from './plot.js';

const charts = stage(draw);

// Okabe and Ito's palette, with a grey for its black: told apart with any colour vision. Yellow is left out: it vanishes on white.
const seats = 7; // in Chart.razor too
const dashes = ['solid', [7, 4], [2, 3], [10, 3, 2, 3], [4, 2], [12, 4]];
const marks = ['circle', 'rect', 'triangle', 'diamond', 'roundRect', 'pin'];
const marksOnLine = 6;

const two = n => String(n).padStart(2, '0');
const clock = s => s < 60 ? `${+s.toFixed(1)} s` : s < 3600 ? `${Math.floor(s / 60)}:${two(Math.floor(s % 60))} min` : `${Math.floor(s / 3600)}:${two(Math.floor(s % 3600 / 60))} h`;
const steps = v => v >= 1e6 ? `${+(v / 1e6).toPrecision(3)}M` : v >= 1e4 ? `${+(v / 1e3).toPrecision(3)}k` : shown(v);
const xShown = (spec, x) => x == null ? '' : spec.xName === 'time' ? clock(x) : spec.wholeX ? String(+x.toFixed(2)) : steps(x);

// Rows that the legend takes at this width; a letter is about 7 pixels wide.
const widest = 220;
function legendRows(names, width) {
  let rows = names.length ? 1 : 0, at = 0;
  for (const name of names) {
    const item = 50 + Math.min(widest, 7 * name.length);
    if (at > 0 && at + item > width) { rows++; at = 0; }
    at += item;
  }
  return rows;
}

// Beside others a run is named by the list above the charts; a chart that fills the screen, or is saved, stands alone.
const alone = chart => chart.loud || document.fullscreenElement?.contains(chart.view.getDom());

// A few marks along a line tell it from others of its colour; a symbol at each of a thousand points would cost too much.
function markPoint(series, points, seat, of) {
  if (series.mark == null || series.faint || points.length < 2) return undefined;
  const coords = [], step = points.length / marksOnLine;
  for (let k = 0; k < Math.min(marksOnLine, points.length); k++) {
    const point = points[Math.min(points.length - 1, Math.floor((k + (seat + 1) / (of + 1)) * step))];
    if (point[1] != null) coords.push({ coord: point });
  }
  return { data: coords, symbol: marks[series.mark % marks.length], symbolSize: 8, silent: true, label: { show: false }, animation: false };
}

function option(chart) {
  const { spec, points } = chart, colors = Array.from({ length: seats }, (_, k) => token(`--seat-${k}`)), line = token('--line'), soft = token('--text-soft');
  const names = spec.quiet && !alone(chart) ? [] : spec.series.filter(s => !s.faint).map(s => s.name);
  const top = 14 + 20 * legendRows(names, chart.view.getWidth());
  const told = items => items.filter(i => !spec.series[i.seriesIndex]?.faint && i.value[1] != null);
  return {
    animation: false,
    backgroundColor: 'transparent',
    textStyle: font,
    grid: { left: 8, right: 14, top, bottom: below, containLabel: true },
    legend: { data: names, show: names.length > 0, top: 0, left: 0, right: 0, itemWidth: 26, itemHeight: 8, itemGap: 14, textStyle: { color: token('--text'), fontSize: 12, width: widest, overflow: 'truncate' } },
    tooltip: {
      ...tip(),
      formatter: items => [`${spec.xName === 'time' ? 'after' : spec.xName} ${xShown(spec, items[0]?.value[0])}`, ...told(items).map(i => `${i.seriesName}   ${shown(i.value[1], spec.percent)}${spec.unit ? ` ${spec.unit}` : ''}`)].join('\n'),
    },
    xAxis: { type: 'value', ...xName(points.some(p => p.length) ? spec.xName : ''), ...reach(spec.wholeX || spec.xName === 'step'), axisLine: { lineStyle: { color: line } }, axisLabel: { color: soft, hideOverlap: true, formatter: x => xShown(spec, x) }, splitLine: { show: false } },
    yAxis: {
      type: chart.log ? 'log' : 'value', scale: !spec.percent, min: spec.percent && !chart.log ? 0 : undefined, max: spec.percent && !chart.log ? 1 : undefined,
      axisLabel: { color: soft, formatter: axis(spec.percent) }, splitLine: { lineStyle: { color: line } },
    },
    dataZoom: [{ type: 'inside', zoomOnMouseWheel: 'ctrl', moveOnMouseWheel: false, filterMode: 'none', ...(chart.zoom ? { startValue: chart.zoom[0], endValue: chart.zoom[1] } : { start: 0, end: 100 }) }],
    series: spec.series.map((s, i) => {
      const data = chart.log ? points[i].map(p => p[1] > 0 ? p : [p[0], null]) : points[i];
      return {
        name: s.faint ? `${s.name} (raw)` : s.name, type: 'line', data, connectNulls: false, silent: s.faint, z: s.faint ? 1 : 2,
        symbol: s.mark == null ? 'emptyCircle' : marks[s.mark % marks.length], showSymbol: !s.faint && data.length < 40, symbolSize: s.mark == null ? 5 : 7,
        emphasis: s.faint ? { disabled: true } : { focus: 'series' }, color: colors[s.tone % colors.length],
        lineStyle: s.faint ? { width: 1, opacity: 0.3 } : { width: 2, type: dashes[s.dash % dashes.length] },
        markPoint: data.length < 40 ? undefined : markPoint(s, data, i, spec.series.length),
      };
    }),
  };
}

function draw(chart) {
  chart.view.setOption(option(chart), { replaceMerge: ['series', 'dataZoom'] });
  chart.box.dataset.points = chart.points.reduce((sum, points) => sum + points.length, 0);
}

export function create(element, spec, owner) {
  if (!element) return; // the page has moved on while this file was on its way
  dispose(element);
  let chart = charts.adopt(element);
  if (chart) Object.assign(chart, { spec, owner, log: spec.log });
  else later(chart = open(element, spec, owner));
}

function open(element, spec, owner) {
  const chart = charts.open(element, { spec, owner, log: spec.log, points: spec.series.map(() => []), zoom: spec.zoom });
  chart.view.on('datazoom', () => {
    const now = chart.view.getOption().dataZoom[0];
    chart.zoom = now.start <= 0.01 && now.end >= 99.99 ? null : [now.startValue, now.endValue];
    tell(chart);
  });
  chart.view.getZr().on('dblclick', () => show(chart, null));
  return chart;
}

export function ahead(element, { spec, news }) {
  if (charts.of(element) || !element.isConnected) return; // the circuit was quicker
  const chart = open(element, spec, null);
  put(element, news);
  keep(element, chart);
}

// The address keeps the zoom; it hears of it once the hand rests.
function tell(chart) {
  clearTimeout(chart.telling);
  chart.telling = setTimeout(() => chart.owner?.invokeMethodAsync('Zoomed', chart.zoom?.[0] ?? null, chart.zoom?.[1] ?? null).catch(() => {}), 400);
}

function show(chart, zoom) {
  chart.zoom = zoom;
  draw(chart);
  tell(chart);
}

// updates: [{ at: series, from: index, xy: [x0, y0, x1, y1, ...] }]; what stood from `from` on is replaced; a null is a gap.
export function put(element, updates) {
  const chart = charts.of(element);
  if (!chart) return;
  for (const { at, from, xy } of updates) {
    const list = (chart.points[at] ?? []).slice(0, from);
    for (let i = 0; i < xy.length; i += 2) list.push([xy[i], xy[i + 1]]);
    chart.points[at] = list;
  }
  later(chart);
}

// Other lines, or another axis: points follow by `put`, the zoom stays while the axis does.
export function reshape(element, spec) {
  const chart = charts.of(element);
  if (!chart) return;
  if (spec.xName !== chart.spec.xName) chart.zoom = spec.zoom;
  chart.spec = spec;
  chart.points = spec.series.map(() => []);
}

export function logAxis(element, on) {
  const chart = charts.of(element);
  if (!chart) return;
  chart.log = on;
  draw(chart);
}

export function zoom(element, factor) {
  const chart = charts.of(element);
  if (!chart) return;
  if (factor === 0) return show(chart, null);
  const [low, high] = chart.zoom ?? chart.view.getModel().getComponent('xAxis').axis.scale.getExtent();
  const middle = (low + high) / 2, half = (high - low) / 2 * factor;
  show(chart, [middle - half, middle + half]);
}

export function fill(element) {
  const figure = element.closest('figure');
  if (document.fullscreenElement) document.exitFullscreen();
  else figure?.requestFullscreen?.().catch(() => {});
}

// f: the chart that holds the focus or the pointer, else the first one.
document.addEventListener('keydown', event => {
  if (event.key !== 'f' || event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.('input, textarea, select, [contenteditable]')) return;
  const figure = document.activeElement?.closest?.('figure.chart') ?? document.querySelector('figure.chart:hover') ?? document.querySelector('figure.chart');
  const canvas = figure?.querySelector('.chart-canvas');
  if (canvas) fill(canvas);
});

function download(href, name) {
  const link = document.createElement('a');
  link.href = href;
  link.download = name;
  link.click();
}

export function save(element, name) {
  const chart = charts.of(element);
  if (!chart) return;
  chart.loud = true;
  draw(chart);
  download(chart.view.getDataURL({ pixelRatio: 2, backgroundColor: token('--surface') }), `${name}.png`);
  chart.loud = false;
  draw(chart);
}

export function saveText(name, type, text) {
  const href = URL.createObjectURL(new Blob([text], { type }));
  download(href, name);
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

export function dispose(element) {
  clearTimeout(charts.of(element)?.telling);
  charts.close(element);
}
