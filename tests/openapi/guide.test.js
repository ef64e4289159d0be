// The admin guide's table of settings against the shipped properties file.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const text = (path) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

test('docs/admin-guide.md has every key of conf/ConnectAll.properties, with its default', async () => {
  const shipped = [...(await text('conf/ConnectAll.properties')).matchAll(/^#?(push\.service\.[a-z.]+)=(.*)$/gm)];
  const table = [...(await text('docs/admin-guide.md')).matchAll(/^\| `(push\.service\.[a-z.]+)` \| (?:`([^`]*)`)? ?\|/gm)];
  const entries = (matches) => matches.map(([, key, value]) => `${key}=${value ?? ''}`).sort();
  assert.ok(shipped.length > 0);
  assert.deepEqual(entries(table), entries(shipped));
});
