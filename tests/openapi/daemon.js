// The real binary in a folder of its own, with two folders standing for two applications.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const APP_LINKS = `
applications:
  jira: { adapter: folder, path: ../records/jira }
  qc:   { adapter: folder, path: ../records/qc }
  helix: { adapter: helix_alm, url: "https://127.0.0.1:1", apiKeyId: id, apiKeySecret: "\${file:secret}", markerField: Sync Key }
appLinks:
  - name: Jira6QC11Req
    source:      { application: jira, type: Story }
    destination: { application: qc, type: requirement }
    projects:
      - { source: QC, destination: QualityCenter }
    fields:
      - { source: summary,  destination: name, conflict: hold }
      - { source: priority, destination: req-priority, values: { High: 1-High } }
  - name: JiraHelix
    source:      { application: jira, project: QC, type: Story }
    destination: { application: helix, project: Traditional Template, type: issue }
    fields:
      - { source: summary, destination: Summary }
`;

const record = (id, priority) =>
  JSON.stringify({ id, type: 'Story', fields: { summary: 'Gift cards', priority }, comments: [], attachments: [] });

/**
 * Starts a daemon on a port of its own and waits until it listens.
 * `settings`: further keys of the properties file. `appLinks`: the text of the one app-link file.
 */
export async function startDaemon({ settings = {}, appLinks = APP_LINKS } = {}) {
  const binary = process.env.SYNCSERVICE_BINARY;
  if (!binary) throw new Error('set SYNCSERVICE_BINARY to the syncservice binary');
  const folder = await mkdtemp(join(tmpdir(), 'syncservice-openapi-'));
  const properties = { 'push.service.port': 'http://127.0.0.1:0', ...settings };
  await mkdir(join(folder, 'records/jira/QC'), { recursive: true });
  await mkdir(join(folder, 'records/qc/QualityCenter'), { recursive: true });
  await mkdir(join(folder, 'app-links'));
  await writeFile(join(folder, 'records/jira/QC/QC-20.json'), record('QC-20', 'High'));
  await writeFile(join(folder, 'records/jira/QC/QC-21.json'), record('QC-21', 'Unheard of'));
  await writeFile(join(folder, 'app-links/links.yaml'), appLinks);
  await writeFile(join(folder, 'app-links/secret'), 'secret');
  const config = join(folder, 'ConnectAll.properties');
  await writeFile(config, Object.entries(properties).map(([key, value]) => `${key}=${value}\n`).join(''));

  const child = spawn(binary, ['serve', '--config', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const log = [];
  const ended = once(child, 'exit');
  const port = await new Promise((resolve, reject) => {
    child.on('error', reject);
    createInterface({ input: child.stderr })
      .on('line', (line) => {
        log.push(line);
        const listening = /listening url=http:\/\/127\.0\.0\.1:(\d+)/.exec(line);
        if (listening) resolve(Number(listening[1]));
      })
      .on('close', () => reject(new Error(`the daemon ended before it listened:\n${log.join('\n')}`)));
  });
  const edit = async (file, field, value) => {
    const document = JSON.parse(await readFile(file, 'utf8'));
    document.fields[field] = value;
    await writeFile(`${file}.next`, JSON.stringify(document));
    await rename(`${file}.next`, file);
  };
  return {
    port,
    log,
    folder,
    /** Changes the summary of QC-20 and of its twin, each to something else, then does `act`. */
    async holdConflict(act) {
      const twins = join(folder, 'records/qc/QualityCenter');
      const [twin] = (await readdir(twins)).filter((name) => name.endsWith('.json'));
      await edit(join(folder, 'records/jira/QC/QC-20.json'), 'summary', 'Gift cards, as Jira has it');
      await edit(join(twins, twin), 'name', 'Gift cards, as QC has it');
      return act();
    },
    /** Ends it as systemd does; gives the exit code. */
    async stop() {
      child.kill('SIGTERM');
      const [code] = await ended;
      await rm(folder, { recursive: true });
      return code;
    },
  };
}
