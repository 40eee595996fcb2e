// Mean over seeds with a band of one standard deviation, each seed's own line faint behind it.
import { axis, below, calm, font, keep, later, reach, shown, stage, tip, token, xName } from './plot.js';

const charts = stage(draw);

function band(spec, color) {
  const known = spec.epochs.map((x, i) => [x, spec.mean[i], spec.deviation[i] ?? 0]);
  return {
    name: 'band', type: 'custom', silent: true, clip: true, z: 1, data: known.length ? [[known[0][0], known[0][1]]] : [], tooltip: { show: false },
    renderItem: (_, api) => ({
      type: 'polygon',
      shape: { points: [...known.map(([x, y, d]) => api.coord([x, y + d])), ...known.toReversed().map(([x, y, d]) => api.coord([x, y - d]))] },
      style: { fill: color, opacity: 0.22 },
    }),
  };
}

function draw(chart) {
  const { spec } = chart, color = token(spec.color) || token('--accent'), soft = token('--text-soft'), line = token('--line');
  chart.view.setOption({
    animation: !calm.matches, animationDuration: 200, backgroundColor: 'transparent',
    textStyle: font,
    grid: { left: 8, right: 14, top: 12, bottom: below, containLabel: true },
    tooltip: {
      ...tip(),
      formatter: items => {
        const x = items[0]?.value[0], i = spec.epochs.indexOf(x);
        if (i < 0) return '';
        const mean = spec.deviation[i] == null ? shown(spec.mean[i], spec.percent) : `${shown(spec.mean[i], spec.percent)} ± ${shown(spec.deviation[i], spec.percent)} (${spec.count[i]})`;
        return [`epoch ${x}`, mean, ...spec.seeds.filter(s => s.epochs.includes(x)).slice(0, 12).map(s => `seed ${s.seed}   ${shown(s.values[s.epochs.indexOf(x)], spec.percent)}`)].join('\n');
      },
    },
    xAxis: { type: 'value', ...xName(spec.epochs.length ? 'epoch' : ''), ...reach(true), axisLine: { lineStyle: { color: line } }, axisLabel: { color: soft, hideOverlap: true }, splitLine: { show: false } },
    yAxis: { type: 'value', scale: !spec.percent, min: spec.percent ? 0 : undefined, max: spec.percent ? 1 : undefined, axisLabel: { color: soft, formatter: axis(spec.percent) }, splitLine: { lineStyle: { color: line } } },
    series: [
      ...(spec.seeds.length > 1 ? [band(spec, color)] : []),
      ...(spec.seeds.length > 1 ? spec.seeds : []).map(s => ({ name: `seed ${s.seed}`, type: 'line', z: 2, silent: true, showSymbol: false, data: s.epochs.map((x, i) => [x, s.values[i]]), color, lineStyle: { width: 1, opacity: 0.35 } })),
      { name: 'mean', type: 'line', z: 3, showSymbol: spec.epochs.length < 40, symbolSize: 5, data: spec.epochs.map((x, i) => [x, spec.mean[i]]), color, lineStyle: { width: 2.5 } },
    ],
  }, { replaceMerge: ['series'] });
  chart.box.dataset.points = spec.epochs.length;
}

export function show(element, spec) {
  if (!element) return; // the page has moved on
  const known = charts.of(element) ?? charts.adopt(element);
  const chart = known ?? charts.open(element, {});
  // What was drawn ahead is the same curve.
  const same = known && JSON.stringify(known.spec) === JSON.stringify(spec);
  chart.spec = spec;
  if (!same) later(chart);
}

export function ahead(element, { spec }) {
  if (charts.of(element) || !element.isConnected) return; // the circuit was quicker
  keep(element, charts.open(element, { spec }));
}

export const dispose = element => charts.close(element);
