// Figures of lenses that are no lines over time: scatters, loss surfaces, and the dial of fusing weights, which moves without the server.
import { font, later, stage, token } from './plot.js';

const views = stage(held => held.view.setOption(held.option(), { notMerge: true }));
const shown = value => value == null ? '' : Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-3) ? value.toExponential(2) : String(+value.toPrecision(3));
const percent = value => `${+(value * 100).toFixed(1)} %`;

function look() {
  return { text: token('--text'), soft: token('--text-soft'), line: token('--line'), surface: token('--surface'), low: token('--surface-2'), seat: k => token(`--seat-${k}`), clean: token('--clean'), robust: token('--robust'), accent: token('--accent') };
}

const basis = t => ({ animation: false, backgroundColor: 'transparent', textStyle: font });
const tip = t => ({ renderMode: 'richText', confine: true, backgroundColor: t.surface, borderColor: t.line, textStyle: { color: t.text, fontSize: 12 } });
const axis = (t, name, more = {}) => ({
  type: 'value', name, nameLocation: 'middle', nameTextStyle: { color: t.soft, fontSize: 12 }, axisLine: { lineStyle: { color: t.line } },
  ...more, axisLabel: { color: t.soft, hideOverlap: true, ...more.axisLabel }, splitLine: { lineStyle: { color: t.line }, ...more.splitLine },
});

function scatter(spec) {
  const t = look(), words = v => spec.percent ? percent(v) : shown(v);
  return {
    ...basis(t), grid: { left: 40, right: 14, top: 34, bottom: 36, containLabel: false },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: t.text, fontSize: 12 } },
    tooltip: { ...tip(t), formatter: p => `image ${p.value[2]}, ${p.seriesName}\n${spec.xName} ${words(p.value[0])}\n${spec.yName} ${shown(p.value[1])}` },
    xAxis: axis(t, spec.xName, { nameGap: 22, scale: true, axisLabel: { formatter: words }, splitLine: { show: false } }),
    yAxis: axis(t, spec.yName, { nameGap: 26, scale: true, axisLabel: { formatter: shown } }),
    series: spec.groups.map(g => ({ name: g.name, type: 'scatter', data: g.points, symbol: g.symbol, symbolSize: 7, color: t.seat(g.tone), itemStyle: { opacity: 0.7 } })),
  };
}

function surface(spec) {
  const t = look(), { along, across, losses, wrong } = spec, cells = losses.map((v, i) => [i % along.length, Math.floor(i / along.length), v]);
  const places = (list, name, gap) => ({
    type: 'category', data: list.map(v => String(v)), name, nameLocation: 'middle', nameGap: gap, nameTextStyle: { color: t.soft, fontSize: 12 }, axisLine: { lineStyle: { color: t.line } }, axisTick: { show: false },
    axisLabel: { color: t.soft, interval: i => i % 5 === 0 },
  });
  const clean = [along.indexOf(0), across.indexOf(0)], attacked = [along.indexOf(1), across.indexOf(0)];
  const mark = (name, at, symbol, tone) => ({ name, type: 'scatter', data: [at], symbol, symbolSize: 13, z: 5, itemStyle: { color: tone, borderColor: t.surface, borderWidth: 2 } });
  return {
    ...basis(t), grid: { left: 46, right: 66, top: 34, bottom: 38 },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: t.text, fontSize: 12 }, data: ['image', 'attacked point', 'wrong answer'] },
    tooltip: { ...tip(t), formatter: p => { const [i, j] = p.value, k = j * along.length + i; return `along ${along[i]}, across ${across[j]}\nloss ${shown(losses[k])}\n${wrong[k] ? 'wrong' : 'right'}: ${spec.answers[k]}`; } },
    visualMap: { min: Math.min(...losses), max: Math.max(...losses), seriesIndex: 0, calculable: false, right: 0, top: 'middle', itemWidth: 12, itemHeight: 150, text: [shown(Math.max(...losses)), shown(Math.min(...losses))], textStyle: { color: t.soft }, inRange: { color: [t.low, t.seat(6), t.accent] } },
    xAxis: places(along, "towards the attack's point", 24), yAxis: places(across, 'random direction', 30),
    series: [
      { name: 'loss', type: 'heatmap', data: cells, emphasis: { itemStyle: { borderColor: t.text, borderWidth: 1 } } },
      { name: 'wrong answer', type: 'scatter', symbol: 'circle', symbolSize: 5, silent: true, z: 4, data: cells.filter((_, k) => wrong[k]).map(c => [c[0], c[1]]), itemStyle: { color: t.surface, borderColor: t.text, borderWidth: 1 } },
      mark('image', clean, 'circle', t.clean), mark('attacked point', attacked, 'diamond', t.robust),
    ],
  };
}

const kinds = { scatter, surface };

function put(element, option) {
  later(Object.assign(views.of(element) ?? views.open(element, {}), { option }));
}

export function show(element, spec) {
  if (element) put(element, () => kinds[spec.kind](spec)); // without an element the page has moved on
}

export function dispose(element) {
  for (const part of element ? [element, ...element.querySelectorAll('[data-chart]')] : []) views.close(part);
}

// The dial: everything for every radius is here already; the slider chooses.
const layerLabels = (t, layers) => ({ type: 'category', data: layers.map(l => l.name), axisLine: { lineStyle: { color: t.line } }, axisTick: { show: false }, axisLabel: { color: t.soft, hideOverlap: true, rotate: layers.length > 6 ? 60 : 0, fontSize: 11 } });
const foot = layers => layers.length > 6 ? 92 : 30;

function weights(spec, at) {
  const t = look(), { low, high, counts } = spec.histograms, width = (high - low) / counts[0].length;
  const bars = (k, style) => ({ type: 'bar', barGap: '-100%', barCategoryGap: '8%', silent: k !== at, data: counts[k], ...style });
  return {
    ...basis(t), grid: { left: 44, right: 14, top: 34, bottom: 36 },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: t.text, fontSize: 12 } },
    tooltip: { ...tip(t), trigger: 'axis', formatter: items => `weight ${shown(low + width * items[0].dataIndex)} to ${shown(low + width * (items[0].dataIndex + 1))}\n${items.map(i => `${i.seriesName}   ${i.value}`).join('\n')}` },
    xAxis: { type: 'category', data: counts[0].map((_, i) => String(+(low + width * (i + 0.5)).toPrecision(4))), name: 'weight of the adversarial bank', nameLocation: 'middle', nameGap: 22, nameTextStyle: { color: t.soft, fontSize: 12 }, axisLine: { lineStyle: { color: t.line } }, axisTick: { show: false }, axisLabel: { color: t.soft, hideOverlap: true } },
    yAxis: axis(t, 'images', { nameGap: 30, max: Math.max(...counts.flat()) }),
    series: [bars(0, { name: 'clean', itemStyle: { color: 'transparent', borderColor: t.clean, borderWidth: 1.5, borderType: 'dashed' }, z: 3 }), bars(at, { name: spec.radii[at] === '0' ? 'radius 0' : spec.radii[at], itemStyle: { color: t.robust } })],
  };
}

function spread(spec, at) {
  const t = look(), all = spec.layers.flatMap(l => l.spread.flat());
  return {
    ...basis(t), grid: { left: 44, right: 14, top: 34, bottom: foot(spec.layers) },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: t.text, fontSize: 12 }, data: ['median', 'clean median'] },
    tooltip: { ...tip(t), trigger: 'axis', formatter: items => { const l = spec.layers[items[0].dataIndex]; return `${l.name}\nmedian ${shown(l.spread[at][1])}\nquartiles ${shown(l.spread[at][0])} to ${shown(l.spread[at][2])}\nρ with the radius ${l.rho ?? '–'}`; } },
    xAxis: layerLabels(t, spec.layers), yAxis: axis(t, 'weight', { nameGap: 32, min: Math.floor(Math.min(...all) * 20) / 20, max: Math.ceil(Math.max(...all) * 20) / 20, axisLabel: { formatter: shown } }),
    series: [
      { name: 'quartiles', type: 'custom', data: spec.layers.map((l, i) => [i, l.spread[at][0], l.spread[at][2]]), silent: true, renderItem: (_, api) => {
        const [x, low] = api.coord([api.value(0), api.value(1)]), [, high] = api.coord([api.value(0), api.value(2)]);
        return { type: 'line', shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: t.robust, lineWidth: 4, opacity: 0.45 } };
      } },
      { name: 'median', type: 'scatter', symbolSize: 9, data: spec.layers.map(l => l.spread[at][1]), color: t.robust },
      { name: 'clean median', type: 'scatter', symbolSize: 12, silent: true, data: spec.layers.map(l => l.spread[0][1]), itemStyle: { color: 'transparent', borderColor: t.clean, borderWidth: 2 } },
    ],
  };
}

function shifts(spec, at) {
  const t = look(), most = Math.max(...spec.layers.flatMap(l => [...l.means, ...l.variances]));
  return {
    ...basis(t), grid: { left: 44, right: 14, top: 34, bottom: foot(spec.layers) },
    legend: { top: 0, left: 0, itemWidth: 14, itemHeight: 10, textStyle: { color: t.text, fontSize: 12 } },
    tooltip: { ...tip(t), trigger: 'axis', valueFormatter: shown },
    xAxis: layerLabels(t, spec.layers), yAxis: axis(t, 'shift', { nameGap: 30, max: most, axisLabel: { formatter: shown, showMaxLabel: false } }),
    series: [
      { name: 'means', type: 'bar', data: spec.layers.map(l => l.means[at]), color: t.seat(0) },
      { name: 'variances', type: 'bar', data: spec.layers.map(l => l.variances[at]), color: t.seat(1), itemStyle: { decal: { symbol: 'rect', dashArrayX: [1, 0], dashArrayY: [2, 4], rotation: -Math.PI / 4, color: t.surface } } },
    ],
  };
}

export function dial(root, spec) {
  if (!root) return;
  const slider = root.querySelector('[data-dial]'), out = name => root.querySelector(`[data-out="${name}"]`);
  let at = +slider.value;
  const charts = { weights, spread, shifts };
  for (const [name, draw] of Object.entries(charts)) put(root.querySelector(`[data-chart="${name}"]`), () => draw(spec, at));
  const tell = () => {
    slider.setAttribute('aria-valuetext', spec.radii[at]);
    out('radius').textContent = spec.radii[at];
    out('words').textContent = spec.words[at];
  };
  slider.oninput = () => {
    at = +slider.value;
    tell();
    for (const name of Object.keys(charts)) later(views.of(root.querySelector(`[data-chart="${name}"]`)));
  };
  tell();
}
