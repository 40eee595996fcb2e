// How soon a page is back once the server can be reached again: node reconnect.mjs SERVER_FOLDER DATA NAME PASSWORD [PLAYWRIGHT]
// Starts the server itself over DATA, which has the account already. Prints a Markdown table. A relay stands between browser and server and loses
// what it is told to. Back: the connection lives, the heading is the same, and so is what had been typed.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer, connect } from 'node:net';
import { resolve } from 'node:path';

const [folder, data, name, password, lib = 'tests/Web.Tests/bin/Release/net10.0/.playwright/package'] = process.argv.slice(2);
const { chromium } = createRequire(import.meta.url)(resolve(lib));
const rounds = +(process.env.ROUNDS ?? 5), wanted = process.env.CASES, port = 5390, base = 'http://127.0.0.1:5391', typed = 'Does it last?';
const wait = ms => new Promise(r => setTimeout(r, ms));
const middle = list => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];

let server;
async function start() {
  server = spawn('dotnet', ['WebLab.Web.dll', '--urls', `http://127.0.0.1:${port}`], { cwd: resolve(folder), env: { ...process.env, WEBLAB_DATA: resolve(data) }, stdio: 'ignore' });
  while (!(await fetch(`http://127.0.0.1:${port}/health/live`).then(a => a.ok, () => false))) await wait(20);
}
const kill = () => new Promise(done => { server.once('exit', done); server.kill('SIGKILL'); });

const lines = new Set();
let cut = false;
const relay = createServer(client => {
  if (cut) return client.destroy();
  const line = { client, up: connect(port, '127.0.0.1'), forgotten: false };
  lines.add(line);
  for (const [from, to] of [[client, line.up], [line.up, client]]) {
    from.on('data', bytes => { if (!line.forgotten) to.write(bytes); });
    from.on('error', () => {});
    from.on('close', () => { if (!line.forgotten) { to.destroy(); lines.delete(line); } });
  }
});
relay.listen(5391, '127.0.0.1');

await start();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium-headless-shell', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, baseURL: base });
const answer = await context.request.post('/api/v1/auth/sign-in', { data: { name, password }, headers: { Origin: base } });
if (!answer.ok()) throw new Error(`sign-in: ${answer.status()} ${await answer.text()}`);

// Each gives the moment from which the server could be reached again.
const troubles = {
  'connection lost for 10 s': async () => {
    cut = true;
    for (const line of lines) line.client.destroy();
    await wait(10_000);
    cut = false;
    return Date.now();
  },
  'server killed and started again': async () => {
    await kill();
    await start();
    return Date.now();
  },
  'tab asleep for 25 s, its connection forgotten on the way': async page => {
    for (const line of lines) line.forgotten = true;
    await page.clock.fastForward(25_000);
    return Date.now();
  },
  'tab asleep while the server was started again': async page => {
    for (const line of lines) line.forgotten = true; // it hears nothing of the end
    await kill();
    await start();
    await page.clock.fastForward(25_000);
    return Date.now();
  },
};

console.log('| trouble | n | back after s, median (most) | what was typed is there |\n|---|---|---|---|');
for (const [title, trouble] of Object.entries(troubles).filter(t => !wanted || t[0].includes(wanted))) {
  const seconds = [];
  let kept = 0;
  for (let i = 0; i < rounds; i++) {
    const page = await context.newPage();
    await page.clock.install();
    await page.goto('/experiments/new');
    await page.waitForFunction(() => document.documentElement.dataset.alive);
    const question = page.getByRole('textbox', { name: 'Question' });
    await question.fill(typed);
    await question.blur();
    await page.waitForTimeout(1000);
    await page.evaluate(() => { document.documentElement.dataset.old = 'true'; });
    const from = await trouble(page);
    await page.waitForFunction(typed => {
      const { old, alive, connection } = document.documentElement.dataset;
      return alive && (!old || connection === 'up') && document.querySelector('h1')?.textContent === 'New experiment' && [...document.querySelectorAll('input, textarea')].some(e => e.value === typed);
    }, typed, { timeout: 60_000, polling: 100 });
    seconds.push((Date.now() - from) / 1000);
    kept += await question.inputValue() === typed;
    await page.close();
  }
  console.log(`| ${title} | ${rounds} | ${middle(seconds).toFixed(1)} (${Math.max(...seconds).toFixed(1)}) | ${kept} of ${rounds} |`);
}
await browser.close();
await kill();
relay.close();
process.exit();
