/** A Hub in small: a repository with branches, small files of its own, large ones in a store of another origin. */
import { createHash } from 'node:crypto';
import { sendFile, serve, type TestServer } from './server.ts';

export interface FakeHub extends TestServer {
  readonly store: TestServer;
  /** Branch → commit; tests move it. */
  readonly branches: Record<string, string>;
  readonly env: Readonly<Record<string, string>>;
}

export const FIRST = '1'.repeat(40);
export const SECOND = '2'.repeat(40);

export const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex');

/** `commits`: commit → file → content. Files named `*.safetensors` lie in the store. Serves the repository `org/name`. */
export async function serveHub(commits: Readonly<Record<string, Record<string, string>>>): Promise<FakeHub> {
  const branches: Record<string, string> = { main: FIRST };
  const store = await serve((request, response) => {
    const wanted = request.url?.slice(1);
    for (const files of Object.values(commits)) {
      for (const content of Object.values(files)) {
        if (sha256(content) === wanted) return sendFile(request, response, Buffer.from(content));
      }
    }
    response.writeHead(404).end();
  });
  const storeUrl = store.url.replace('127.0.0.1', 'localhost');

  const hub = await serve((request, response) => {
    const [, org, name, , revision, ...path] = (request.url ?? '').split('/').map(decodeURIComponent);
    const commit = branches[revision] ?? revision;
    if (`${org}/${name}` !== 'org/name' || !Object.hasOwn(commits, commit)) {
      response.writeHead(404, { 'x-error-code': 'RepoNotFound', 'x-error-message': 'Repository not found' }).end();
      return;
    }
    const file = commits[commit][path.join('/')];
    response.setHeader('x-repo-commit', commit);
    if (file === undefined) {
      response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    } else if (request.url?.endsWith('.safetensors')) {
      response.setHeader('etag', '"of-the-redirect"');
      response.setHeader('x-linked-etag', `"${sha256(file)}"`);
      response.setHeader('x-linked-size', file.length);
      response.writeHead(302, { location: `${storeUrl}/${sha256(file)}` }).end();
    } else {
      response.setHeader('etag', `W/"${sha256(file).slice(0, 40)}"`);
      sendFile(request, response, Buffer.from(file));
    }
  });
  return { ...hub, store, branches, env: { HF_ENDPOINT: hub.url } };
}
