// Parallel coordinates of a sweep; brushes tell the page which lines they keep.
import { calm, font, later, stage, token } from './plot.js';

const charts = stage(draw);
const words = (axis, value) => `${+value.toPrecision(4)}${axis.unit}`;
const narrow = 600; // pixels below which axes lie above each other

function draw(chart) {
  const { spec } = chart, text = token('--text'), soft = token('--text-soft'), line = token('--line-strong');
  const lying = chart.view.getWidth() < narrow, halo = { textBorderColor: token('--surface'), textBorderWidth: 4 }, last = spec.axes.length - 1, figures = spec.rows.map(r => r[last]);
  const [low, high] = [Math.min(...figures), Math.max(...figures)];
  chart.view.setOption({
    animation: !calm.matches, animationDuration: 200, backgroundColor: 'transparent',
    textStyle: font,
    visualMap: { show: false, dimension: last, min: low, max: high > low ? high : low + 1, inRange: { color: [token('--line-strong'), token('--robust')] } },
    parallel: { layout: lying ? 'vertical' : 'horizontal', ...(lying ? { left: 24, right: 44, top: 34, bottom: 30 } : { left: 60, right: 70, top: 52, bottom: 16 }), parallelAxisDefault: { areaSelectStyle: { width: 22, borderWidth: 1, borderColor: token('--accent'), color: token('--accent'), opacity: 0.25 } } },
    parallelAxis: spec.axes.map((axis, dim) => ({
      dim, name: axis.name, nameLocation: lying ? 'start' : 'end', nameGap: lying ? -4 : 14, nameRotate: 0, nameTruncate: { maxWidth: 150 },
      nameTextStyle: { color: text, fontSize: 12, ...halo, ...(lying ? { align: 'left', verticalAlign: 'bottom', padding: [0, 0, 8, 0] } : {}) },
      type: axis.words ? 'category' : axis.log ? 'log' : 'value', data: axis.words ?? undefined, scale: true, ...(axis.words || axis.log ? {} : { min: 'dataMin', max: 'dataMax' }),
      axisLine: { lineStyle: { color: line } }, axisTick: { lineStyle: { color: line }, ...(axis.ticks ? { customValues: axis.ticks } : {}) },
      axisLabel: { color: soft, ...halo, hideOverlap: true, ...(axis.words ? {} : { formatter: value => words(axis, value) }), ...(axis.ticks ? { customValues: axis.ticks } : {}) },
    })),
    series: [{ type: 'parallel', lineStyle: { width: 2, opacity: 0.75 }, inactiveOpacity: 0.08, activeOpacity: 0.95, smooth: false, data: spec.rows }],
  }, { replaceMerge: ['series', 'parallelAxis'] });
}

// What the brushes keep is told once the hand rests.
function told(chart) {
  clearTimeout(chart.timer);
  chart.timer = setTimeout(() => {
    const model = chart.view.getModel(), open = model.findComponents({ mainType: 'parallelAxis' }).some(a => a.activeIntervals.length > 0);
    const kept = open ? model.getSeriesByIndex(0).getRawIndicesByActiveState('active') : null;
    chart.page.invokeMethodAsync('Kept', kept);
  }, 150);
}

export function show(element, spec, page) {
  if (!element) return; // the page has moved on
  let chart = charts.of(element);
  if (!chart) {
    chart = charts.open(element, {});
    chart.view.on('axisareaselected', () => told(chart));
  }
  Object.assign(chart, { spec, page });
  later(chart);
}

export function clear(element) {
  const chart = charts.of(element);
  if (!chart) return;
  chart.view.clear();
  draw(chart);
  chart.page.invokeMethodAsync('Kept', null);
}

// For those who cannot drag, and for tests: keeps what lies between two values of an axis.
export function brush(element, axis, low, high) {
  const chart = charts.of(element);
  if (!chart) return;
  const id = chart.view.getModel().findComponents({ mainType: 'parallelAxis' })[axis].id;
  chart.view.dispatchAction({ type: 'axisAreaSelect', parallelAxisId: id, intervals: [[low, high]] });
}

export function dispose(element) {
  clearTimeout(charts.of(element)?.timer);
  charts.close(element);
}
