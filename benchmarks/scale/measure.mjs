// How pages hold up over the folder that seed.py fills: node measure.mjs BASE DATA SERVER_PID NAME PASSWORD [PLAYWRIGHT]
// Prints a Markdown table. First data: from the start of the navigation until the frame in which the first row, or the first line of a chart, stands there.
// Processor time: what a visit costs the server (all threads) and the page's thread; a busy machine stretches the other times, this one hardly.
// Longest task: of the page's thread, in loading, and while it is scrolled and its charts are panned. Heap: after a collection.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';

const [base, data, pid, name, password, lib = 'tests/Web.Tests/bin/Release/net10.0/.playwright/package'] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(resolve(lib));
const made = JSON.parse(readFileSync(`${data}/scale.json`, 'utf8'));
const rounds = +(process.env.ROUNDS ?? 5), wanted = process.env.PAGES;

const drawn = '.chart-sketch polyline, .chart-box[data-points]:not([data-points="0"])';
const pages = [
  ['the icon alone', '/favicon.svg', 'svg'], // what the browser takes for anything
  ['experiments', '/experiments', 'table.experiments tbody tr'],
  ['experiments, sorted and filtered', `/experiments?sort=-robust&filter=${encodeURIComponent('method=pgd-at and seeds>=2')}`, 'table.experiments tbody tr'],
  ['experiment with a million points', `/experiments/${made.bigExperiment}`, drawn],
  ['run with a million points', `/runs/${made.big}`, drawn],
  ['20 runs compared', `/compare?runs=${made.compare.join(',')}`, drawn],
];

const serverMiB = () => Math.round(+/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1] / 1024);
// User and system time in clock ticks of 10 ms, behind the name in parentheses.
const serverSeconds = () => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13).reduce((a, b) => a + +b, 0) / 100;
const middle = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const most = list => Math.max(...list);

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ['--no-sandbox', '--disable-dev-shm-usage', '--enable-precise-memory-info'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: base });
const answer = await context.request.post('/api/v1/auth/sign-in', { data: { name, password }, headers: { Origin: base } });
if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);

// The page itself looks before every frame, from its first one on, so that no round trip of the test counts.
await context.addInitScript(selectors => {
  const look = () => {
    for (const selector of selectors) if (!(selector in seen) && document.querySelector(selector)) seen[selector] = performance.now();
    requestAnimationFrame(look);
  }, seen = window.firstData = {};
  requestAnimationFrame(look);
  window.longest = { load: 0, move: 0 };
  window.phase = 'load';
  new PerformanceObserver(list => { for (const e of list.getEntries()) window.longest[window.phase] = Math.max(window.longest[window.phase], e.duration); }).observe({ type: 'longtask', buffered: true });
}, [...new Set(pages.map(p => p[2]))]);

async function visit(path, selector) {
  const page = await context.newPage();
  await page.waitForTimeout(1500); // opening a tab, with its window and processes, is no part of opening a page
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const begun = serverSeconds();
  // A server without the page answers 404.
  const reply = await page.goto(path).catch(() => null);
  if (reply === null || reply.status() === 404) { await page.close(); return null; }
  const seconds = await page.waitForFunction(s => window.firstData[s], selector, { timeout: 30_000 }).then(h => h.jsonValue()).catch(() => null);
  if (seconds === null) { await page.close(); return null; }
  await page.waitForTimeout(2500);
  if (selector !== 'svg' && !await page.evaluate(() => document.documentElement.dataset.alive)) throw new Error(`${path} has data but its circuit does not live`);
  const server = serverSeconds() - begun, thread = (await cdp.send('Performance.getMetrics')).metrics.find(m => m.name === 'TaskDuration').value;
  await page.evaluate(() => { window.phase = 'move'; });
  for (let i = 0; i < 15; i++) { await page.mouse.move(720, 500); await page.mouse.wheel(0, i < 10 ? 300 : -400); await page.waitForTimeout(60); }
  const canvas = page.locator('.chart-canvas').first();
  if (await canvas.count()) {
    await canvas.scrollIntoViewIfNeeded();
    const at = await canvas.boundingBox();
    await page.keyboard.down('Control');
    await page.mouse.move(at.x + at.width / 2, at.y + at.height / 2);
    for (let i = 0; i < 6; i++) { await page.mouse.wheel(0, -200); await page.waitForTimeout(60); }
    await page.keyboard.up('Control');
    await page.mouse.down();
    for (let i = 0; i < 20; i++) await page.mouse.move(at.x + at.width / 2 - i * 12, at.y + at.height / 2);
    await page.mouse.up();
  }
  await page.waitForTimeout(300);
  const tasks = await page.evaluate(() => window.longest);
  await cdp.send('HeapProfiler.collectGarbage');
  const heap = (await cdp.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
  await page.close();
  return { seconds: seconds / 1000, server, thread, load: tasks.load, move: tasks.move, heap };
}

console.log('| page | n | first data s, median (most) | processor s of the server, of the page | longest task loading ms | longest task moving ms | browser heap MiB | server MiB before, after |\n|---|---|---|---|---|---|---|---|');
for (const [title, path, selector] of pages.filter(p => !wanted || p[0].includes(wanted))) {
  await visit(path, selector); // the first one compiles code
  const before = serverMiB(), seen = [];
  for (let i = 0; i < rounds; i++) seen.push(await visit(path, selector));
  if (seen.some(s => s === null)) { console.log(`| ${title} | 0 | no data within 30 s, or no such page | | | | | ${before}, ${serverMiB()} |`); continue; }
  const column = key => seen.map(s => s[key]);
  console.log(`| ${title} | ${rounds} | ${middle(column('seconds')).toFixed(2)} (${most(column('seconds')).toFixed(2)}) | ${middle(column('server')).toFixed(2)}, ${middle(column('thread')).toFixed(2)} | ${Math.round(most(column('load')))} | ${Math.round(most(column('move')))} | ${Math.round(most(column('heap')))} | ${before}, ${serverMiB()} |`);
}
await browser.close();
