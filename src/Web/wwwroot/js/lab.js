// What the browser does for the lab: pictures by drop, paste, choice and camera go to the REST API as they are; so do the files of a batch.
let root = null, page = null, camera = null, over = null, files = [];

export function init(element, dotnet) {
  over?.abort();
  over = new AbortController();
  stopCamera();
  root = element;
  page = dotnet;
  files = [];
  // Parts of the page come and go; listening at their common ground outlives them.
  const on = (target, name, what) => target.addEventListener(name, what, { signal: over.signal });
  on(root, 'dragover', event => { const zone = event.target.closest('[data-drop]'); if (zone) { event.preventDefault(); zone.classList.add('over'); } });
  on(root, 'dragleave', event => event.target.closest('[data-drop]')?.classList.remove('over'));
  on(root, 'drop', event => {
    const zone = event.target.closest('[data-drop]');
    if (!zone) return;
    event.preventDefault();
    zone.classList.remove('over');
    send([...event.dataTransfer.files]);
  });
  on(root, 'change', event => {
    const input = event.target;
    if (input.closest('[data-drop]')) { send([...input.files]); input.value = ''; }
    else if (input.matches('[data-batch-files], [data-batch-folder]')) choose(input);
  });
  on(root, 'click', event => {
    if (event.target.closest('[data-camera]')) toggleCamera();
    else if (event.target.closest('[data-snapshot]')) snapshot();
  });
  on(document, 'paste', event => {
    const pasted = [...event.clipboardData?.files ?? []].filter(f => f.type.startsWith('image/'));
    if (pasted.length && root.querySelector('[data-drop]')) send(pasted);
  });
}

export function dispose() {
  over?.abort();
  stopCamera();
  root = page = over = null;
}

const words = problem => [problem?.title, problem?.detail].filter(Boolean).join(': ') || 'The server gave no reason';

async function send(chosen) {
  if (!chosen.length || !page) return;
  const form = new FormData();
  chosen.slice(0, 8).forEach((file, k) => form.append('image', file, file.name || `pasted-${k + 1}.png`));
  await page.invokeMethodAsync('Sending');
  try {
    const answer = await window.weblab.send('POST', 'api/v1/lab/pictures', form, {});
    if (!answer.ok) return await page.invokeMethodAsync('Refused', words(answer.body));
    const rest = chosen.slice(8).map(f => ({ fileName: f.name, reason: 'at most eight pictures are taken at once' }));
    await page.invokeMethodAsync('Arrived', answer.body.items.map(i => i.id), [...answer.body.rejected, ...rest]);
  } catch {
    await page.invokeMethodAsync('Refused', 'The connection to the server broke. Try again.');
  }
}

async function toggleCamera() {
  if (camera) return stopCamera();
  const complaint = root.querySelector('[data-camera-complaint]');
  complaint.textContent = '';
  if (!navigator.mediaDevices) {
    complaint.textContent = 'Browsers lend the camera to https pages and to this computer only. Open the lab by https.';
    return;
  }
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 640 }, height: { ideal: 480 } }, audio: false });
  } catch (error) {
    complaint.textContent = error.name === 'NotAllowedError' ? 'The browser did not lend the camera. Allow it beside the address and try again.'
      : error.name === 'NotFoundError' ? 'No camera was found.' : `The camera could not be opened: ${error.message}`;
    return;
  }
  const view = root?.querySelector('[data-camera-view]');
  if (!view) return stopCamera();
  view.srcObject = camera;
  await view.play();
  showCamera(true);
}

function stopCamera() {
  camera?.getTracks().forEach(track => track.stop());
  camera = null;
  showCamera(false);
}

function showCamera(on) {
  const view = root?.querySelector('[data-camera-view]');
  if (!view) return;
  if (!on) view.srcObject = null;
  view.hidden = !on;
  root.querySelector('[data-snapshot]').hidden = !on;
  const button = root.querySelector('[data-camera]');
  button.setAttribute('aria-pressed', on);
  button.lastChild.textContent = on ? 'Stop the camera' : 'Camera';
}

function snapshot() {
  const view = root.querySelector('[data-camera-view]');
  const canvas = Object.assign(document.createElement('canvas'), { width: view.videoWidth, height: view.videoHeight });
  canvas.getContext('2d').drawImage(view, 0, 0);
  canvas.toBlob(blob => blob && send([new File([blob], `camera-${new Date().toTimeString().slice(0, 8).replaceAll(':', '')}.png`, { type: 'image/png' })]), 'image/png');
}

function choose(input) {
  files = [...input.files];
  const other = root.querySelector(input.matches('[data-batch-files]') ? '[data-batch-folder]' : '[data-batch-files]');
  other.value = '';
  const bytes = files.reduce((sum, f) => sum + f.size, 0);
  say(files.length ? `${files.length} ${files.length === 1 ? 'file' : 'files'}, ${(bytes / 1048576).toFixed(1)} MB` : 'No files chosen');
  page.invokeMethodAsync('Files', files.length);
}

const say = text => { const place = root?.querySelector('[data-batch-words]'); if (place) place.textContent = text; };

const isArchive = file => /\.(zip|tar|tgz|tar\.gz)$/i.test(file.name);

export async function batch(checkpointIds, attack, labels) {
  const form = new FormData();
  for (const [name, value] of Object.entries({ checkpointIds, attack, labels })) form.append(name, value);
  for (const file of files) form.append(files.length === 1 && isArchive(file) ? 'archive' : 'image', file, file.webkitRelativePath || file.name);
  try {
    const answer = await window.weblab.send('POST', 'api/v1/lab/batches', form, {}, (sent, all) => say(`Sent ${Math.round(100 * sent / all)} %`));
    if (!answer.ok) return await page.invokeMethodAsync('Refused', words(answer.body));
    say(`${files.length} ${files.length === 1 ? 'file' : 'files'} sent`);
    await page.invokeMethodAsync('Begun', answer.body.id);
  } catch {
    await page.invokeMethodAsync('Refused', 'The connection to the server broke. Try again.');
  }
}
